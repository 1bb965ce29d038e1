import type { Strength } from '../../../src/simulator/incidents/incident.ts'
import { HOUR, type Seconds } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'
import type { Matching } from './matching.ts'

/** One tenant's stream, judged. */
export interface Judged {
  tenant: string
  days: number
  matching: Matching
}

export interface Kind {
  detector: string
  labels: number
  recall: number | undefined
  precision: number | undefined
  falseAlarms: number
  /** Median, from the true begin to being told. */
  delayHours: number | undefined
}

export interface Figures {
  tenants: number
  tenantWeeks: number
  labels: number
  precision: number | undefined
  recall: Record<Strength, number | undefined>
  falseAlarmsAWeek: number
  /** The same, of tenants where nothing happened. */
  falseAlarmsAWeekQuiet: number | undefined
  /** Rate incidents that were told to be over between their begin and 36 h after their end. */
  endings: number | undefined
  explained: number | undefined
  grossRatedHigh: number | undefined
  kinds: Kind[]
}

/** Incidents that go on for a while, and so have an end to be told. */
const LASTING: ReadonlySet<string> = new Set([
  'CHARGE_FAILURE_SPIKE',
  'CARD_TESTING',
  'FRAUD_SPIKE',
  'REFUND_SPIKE',
  'REVENUE_DROP',
  'WEBHOOK_LAG',
])
const END_TOLERANCE: Seconds = 36 * HOUR

const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)

function median(values: number[]): number | undefined {
  const sorted = values.sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

const explains = ({ title, message, advice, evidence, startedAt, detectedAt }: Anomaly): boolean =>
  title !== '' &&
  message !== '' &&
  advice !== '' &&
  startedAt <= detectedAt &&
  evidence.length > 0 &&
  evidence.every(({ name, observed, unit }) => name !== '' && Number.isFinite(observed) && unit !== '')

const wrongOf = ({ repeats, falseAlarms }: Matching): Anomaly[] => [...repeats, ...falseAlarms]

function kindOf(detector: string, all: readonly Matching[]): Kind {
  const found = all.flatMap((matching) => matching.found).filter(({ label }) => label.detector === detector)
  const missed = all.flatMap((matching) => matching.missed).filter((label) => label.detector === detector)
  const wrong = all.flatMap(wrongOf).filter((anomaly) => anomaly.detector === detector)
  return {
    detector,
    labels: found.length + missed.length,
    recall: ratio(found.length, found.length + missed.length),
    precision: ratio(found.length, found.length + wrong.length),
    falseAlarms: wrong.length,
    delayHours: median(
      found.map(({ label, anomaly }) => Math.max(0, anomaly.detectedAt - label.from) / HOUR),
    ),
  }
}

/** What a judge reached over many streams. */
export function figuresOf(judged: readonly Judged[], detectors: readonly string[]): Figures {
  const all = judged.map(({ matching }) => matching)
  const found = all.flatMap((matching) => matching.found)
  const missed = all.flatMap((matching) => matching.missed)
  const wrong = all.flatMap(wrongOf)
  const told = [...found.map(({ anomaly }) => anomaly), ...wrong, ...all.flatMap(({ allowed }) => allowed)]
  const weeks = (some: readonly Judged[]): number => some.reduce((sum, { days }) => sum + days / 7, 0)
  const recall = (strength: Strength): number | undefined => {
    const hits = found.filter(({ label }) => label.strength === strength).length
    return ratio(hits, hits + missed.filter((label) => label.strength === strength).length)
  }
  const quiet = judged.filter(({ matching }) => matching.found.length + matching.missed.length === 0)
  const lasting = found.filter(({ label }) => LASTING.has(label.detector))
  const over = lasting.filter(
    ({ label, anomaly: { endedAt } }) =>
      endedAt !== null && endedAt >= label.from && endedAt <= label.to + END_TOLERANCE,
  )
  const gross = found.filter(({ label }) => label.strength === 'gross')
  const high = gross.filter(({ anomaly }) => anomaly.severity === 'HIGH' || anomaly.severity === 'CRITICAL')
  return {
    tenants: judged.length,
    tenantWeeks: weeks(judged),
    labels: found.length + missed.length,
    precision: ratio(found.length, found.length + wrong.length),
    recall: { gross: recall('gross'), clear: recall('clear'), subtle: recall('subtle') },
    falseAlarmsAWeek: wrong.length / Math.max(weeks(judged), 1 / 7),
    falseAlarmsAWeekQuiet: ratio(quiet.flatMap(({ matching }) => wrongOf(matching)).length, weeks(quiet)),
    endings: ratio(over.length, lasting.length),
    explained: ratio(told.filter(explains).length, told.length),
    grossRatedHigh: ratio(high.length, gross.length),
    kinds: detectors.map((detector) => kindOf(detector, all)),
  }
}
