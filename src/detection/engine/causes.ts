import { DAY, type Seconds } from '../../time.ts'
import type { DetectorName } from '../detector.ts'
import type { Incident } from './incident.ts'

/** Disputes come weeks after the payments that they are about. */
const DISPUTED_WITHIN: Seconds = 90 * DAY

/** What explains what when both are of the same stream and time; this is all there is (README.md, "Causes"). */
interface Explanation {
  cause: DetectorName
  effect: DetectorName
  /** Two looks at one thing: whichever is raised first carries it. */
  mutual?: boolean
  /** The effect may begin within this time after the cause has ended; by default while it goes on. */
  within?: Seconds
}

const EXPLANATIONS: readonly Explanation[] = [
  { cause: 'WEBHOOK_LAG', effect: 'REVENUE_DROP', mutual: true },
  { cause: 'CHARGE_FAILURE_SPIKE', effect: 'REVENUE_DROP' },
  { cause: 'CARD_TESTING', effect: 'CHARGE_FAILURE_SPIKE' },
  { cause: 'CARD_TESTING', effect: 'FRAUD_SPIKE', within: DISPUTED_WITHIN },
]

/** How far back an incident may lie that is linked as the cause of another. */
export const REACH: Seconds = DISPUTED_WITHIN

/** The detectors whose incidents may explain this one's, or be explained by them. */
export const partnersOf = (detector: DetectorName): DetectorName[] =>
  EXPLANATIONS.flatMap(({ cause, effect }) =>
    cause === detector ? [effect] : effect === detector ? [cause] : [],
  )

/** @returns which of two incidents of one stream explains the other; undefined: neither */
export function explain(a: Incident, b: Incident): { cause: Incident; effect: Incident } | undefined {
  for (const explanation of EXPLANATIONS) {
    for (const [cause, effect] of [
      [a, b],
      [b, a],
    ] as const) {
      if (cause.detector !== explanation.cause || effect.detector !== explanation.effect) continue
      if (!isOfOneTime(cause, effect, explanation.within ?? 0)) return undefined
      const isSecond = explanation.mutual && effect.detectedAt < cause.detectedAt
      return isSecond ? { cause: effect, effect: cause } : { cause, effect }
    }
  }
  return undefined
}

const isOfOneTime = (cause: Incident, effect: Incident, within: Seconds): boolean =>
  effect.startedAt <= (cause.endedAt ?? Number.POSITIVE_INFINITY) + within &&
  cause.startedAt <= (effect.endedAt ?? Number.POSITIVE_INFINITY)
