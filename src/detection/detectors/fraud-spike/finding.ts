import type { Finding, Severity } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { commonestReason } from '../../kit/reasons.ts'
import { count, sentence } from '../../kit/words.ts'

/** What is known of a spike of disputes and fraud reports. */
export interface FraudSpike extends Deviation {
  flags: number
  /** Expected in the same time, with the margin. */
  usual: number
  minFlags: number
  amounts: Sums
  reasons: Sums
  /** Of about the last 30 days. */
  recent: { flags: number; payments: number }
}

/** Card schemes put merchants into monitoring programmes from about this share on. */
const PROGRAMME = { share: 0.0075, flags: 20 }

/** Puts a spike of disputes into words and numbers. */
export function fraudFinding(spike: FraudSpike): Finding {
  const { flags, usual, recent, minFlags } = spike
  const impact = largestAmount(spike.amounts)
  const share = recent.payments > 0 ? Math.min(1, recent.flags / recent.payments) : 0
  const isWatched = recent.flags >= PROGRAMME.flags && recent.payments > 0 && share >= PROGRAMME.share
  const watched = isWatched
    ? `in the last 30 days it was ${percent(share)} of all payments, and card networks act from about ${percent(PROGRAMME.share)} on`
    : undefined
  return rateFinding(spike, {
    severity: isWatched ? 'CRITICAL' : severityOf(flags),
    title: `${count(flags, 'payment')} disputed or reported as fraud, usually ${about(usual)}`,
    message: `${count(flags, 'payment')} have been disputed or reported as fraud since ${spike.calendar.momentInWords(spike.startedAt)}, where ${about(usual)} would be usual. ${sentence(worthOf(impact), commonestReason(spike.reasons), watched, sureness(spike.nats, spike.needed))}`,
    advice:
      'Find out first what these payments have in common (card country, address, product, day of purchase) and add a Radar rule against it. Then hold back goods not yet sent, refund reported payments that are not disputed yet, and answer the disputes before they are due.',
    impact,
    evidence: [
      { name: 'disputed or reported', observed: flags, expected: usual, threshold: minFlags, unit: 'COUNT' },
      { name: 'share in 30 days', observed: share, threshold: PROGRAMME.share, unit: 'RATIO' },
    ],
  })
}

const severityOf = (flags: number): Severity => (flags >= 15 ? 'CRITICAL' : flags >= 6 ? 'HIGH' : 'MEDIUM')
