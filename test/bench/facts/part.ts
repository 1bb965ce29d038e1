import { simulate } from '../../../src/simulator/simulate.ts'
import { USUAL_START } from '../../../src/simulator/write.ts'
import { readEvent, type StripeEnvelope } from '../../../src/stripe/event.ts'
import type { Fact } from '../../../src/stripe/facts.ts'
import { readFacts, writeFacts } from '../../../src/stripe/kept-facts.ts'
import { readBilling } from '../../../src/stripe/reading.ts'
import { createLedger } from '../../stripe/judge.ts'
import { machineName } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'

/** Of a full and of a quick run. */
const FULL = { tenants: 12, days: 60, rounds: 7 }
const QUICK = { tenants: 3, days: 20, rounds: 2 }

/** What it costs to keep the facts of each event beside its body: bytes, and CPU to write and to read them. */
export const facts: Part = {
  name: 'facts',
  about: 'bytes and CPU of the facts that are kept with each event',
  run: async (options) => measure(options),
}

interface Kept {
  envelope: StripeEnvelope
  facts: readonly Fact[]
  text: string | null
}

function measure({ quick, say }: BenchOptions): PartReport {
  const { tenants, days, rounds } = quick ? QUICK : FULL
  const events: Kept[] = []
  let bodyBytes = 0
  for (let tenant = 1; tenant <= tenants; tenant += 1) {
    const ledger = createLedger()
    for (const { event } of simulate({ seed: `facts/${tenant}`, days, start: USUAL_START, incidents: 'on' })
      .events) {
      const envelope = readEvent(event)
      if (envelope === undefined) throw new Error('the simulator made no event')
      const reading = readBilling(envelope)
      const found = reading.apply(ledger.open(reading.objects))
      bodyBytes += JSON.stringify(event).length
      events.push({ envelope, facts: found, text: writeFacts(found) })
    }
    say(`${events.length} events of ${tenant} tenants`)
  }
  const kept = events.filter(({ text }) => text !== null)
  const factBytes = kept.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)
  const writing = best(rounds, events, ({ facts: found }) => writeFacts(found))
  const reading = best(rounds, events, ({ envelope, text }) =>
    text === null ? undefined : readFacts(text, { at: envelope.created, eventId: envelope.id }),
  )
  const data = {
    events: events.length,
    withFacts: kept.length / events.length,
    bytesAnEvent: factBytes / events.length,
    bytesWhereKept: factBytes / kept.length,
    bodyBytes: bodyBytes / events.length,
    share: factBytes / bodyBytes,
    writeMicroseconds: writing,
    readMicroseconds: reading,
  }
  return {
    title: 'What the facts cost that are kept with each event',
    columns: ['', 'an event'],
    rows: [
      ['bytes of facts', data.bytesAnEvent.toFixed(0)],
      ['bytes of facts, where there are any', data.bytesWhereKept.toFixed(0)],
      ['bytes of the body', data.bodyBytes.toFixed(0)],
      ['facts in percent of bodies', (100 * data.share).toFixed(1)],
      ['CPU µs to write them', writing.toFixed(2)],
      ['CPU µs to read them', reading.toFixed(2)],
    ],
    notes: [
      `${data.events.toLocaleString('en')} events of ${tenants} simulated tenants, ${(100 * data.withFacts).toFixed(0)} % of which say something of billing; ${machineName()}`,
      "the simulator's bodies are leaner than Stripe's: of real ones facts are a smaller part",
    ],
    targets: [atMost('facts that are kept beside the body of an event', 10, 100 * data.share, '%')],
    data,
  }
}

/** Microseconds of CPU for one event, of the fastest round: others disturb the slower ones. */
function best(rounds: number, events: readonly Kept[], work: (event: Kept) => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage()
    for (const event of events) work(event)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / events.length)
  }
  return least
}
