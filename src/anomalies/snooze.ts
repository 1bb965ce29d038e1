import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import { readSnoozedSize, type SnoozedSize } from '../storage/anomaly-columns.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { clamped } from '../stripe/money.ts'
import { parseInput } from '../tenancy/input.ts'
import { type Acting, actOn, type Done, recordAct } from './act.ts'

/** Until a time, or until it grows: exactly one of the two. */
export interface Snooze {
  until?: Date | null | undefined
  untilItGrows?: boolean | null | undefined
}

/** What people can still be expected to deal with, and so may put off. */
const UNDECIDED: readonly string[] = ['OPEN', 'ACKNOWLEDGED']

/** What counts as growth is measured from here. */
const sizeOf = ({ severity, occurrences, impactAmount, impactCurrency }: Anomaly): SnoozedSize => ({
  severity,
  occurrences,
  amount: impactAmount === null ? null : Number(clamped(impactAmount)),
  currency: impactCurrency,
})

/**
 * Puts an anomaly off: it stays in every list, and nobody is alerted. Again in the same way changes nothing.
 * @throws PublicError NOT_FOUND; BAD_USER_INPUT for a time that has passed, and for none or both of the two; CONFLICT
 *   when it was dealt with
 */
export async function snoozeAnomaly(scope: Scope, acting: Acting, id: string, snooze: Snooze): Promise<Done> {
  const { until, untilItGrows } = parseInput(snoozing(acting.clock.now()), snooze)
  return actOn(scope, id, async (db, anomaly) => {
    if (!UNDECIDED.includes(anomaly.status))
      throw new PublicError('CONFLICT', `An anomaly that is ${anomaly.status} cannot be snoozed.`)
    const isSame = until
      ? anomaly.snoozedUntil?.getTime() === until.getTime()
      : readSnoozedSize(anomaly.snoozedSize) !== null
    if (isSame) return { anomaly, activity: null }
    return recordAct(
      db,
      acting,
      anomaly,
      { kind: 'ANOMALY_SNOOZED', data: { until: until ?? null, untilItGrows } },
      { snoozedUntil: until ?? null, snoozedSize: until ? null : JSON.stringify(sizeOf(anomaly)) },
    )
  })
}

/** Why a snooze ended, in the act's data. Growth ends one where growth is recorded. */
export type SnoozeEnd = 'PERSON' | 'TIME' | 'GROWTH'

/** Ends a snooze; one that is over changes nothing. @throws PublicError NOT_FOUND */
export const unsnoozeAnomaly = (scope: Scope, acting: Acting, id: string): Promise<Done> =>
  endSnooze(scope, acting, id, 'PERSON', ({ snoozedUntil, snoozedSize }) => {
    return snoozedUntil !== null || snoozedSize !== null
  })

/** Ends a snooze whose time is over; what somebody has snoozed anew meanwhile sleeps on. */
export const endOverdueSnooze = (scope: Scope, acting: Acting, id: string): Promise<Done> =>
  endSnooze(scope, acting, id, 'TIME', ({ snoozedUntil }) => {
    return snoozedUntil !== null && snoozedUntil <= acting.clock.now()
  })

const endSnooze = (
  scope: Scope,
  acting: Acting,
  id: string,
  reason: SnoozeEnd,
  applies: (anomaly: Anomaly) => boolean,
): Promise<Done> =>
  actOn(scope, id, async (db, anomaly) =>
    applies(anomaly)
      ? recordAct(
          db,
          acting,
          anomaly,
          { kind: 'ANOMALY_UNSNOOZED', data: { reason } },
          { snoozedUntil: null, snoozedSize: null },
        )
      : { anomaly, activity: null },
  )

const snoozing = (now: Date) =>
  z
    .object({
      until: z
        .date()
        .nullish()
        .refine((until) => !until || until > now, 'until must be in the future'),
      untilItGrows: z
        .boolean()
        .nullish()
        .transform((given) => given === true),
    })
    .refine(({ until, untilItGrows }) => Boolean(until) !== untilItGrows, {
      path: ['until'],
      message: 'give either until or untilItGrows',
    })
