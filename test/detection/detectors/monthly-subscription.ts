import { silentLapse } from '../../../src/detection/detectors/silent-lapse/detector.ts'
import type { FactOf } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, drive } from '../../support/drive.ts'
import { changed, paid } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

export type Fact = FactOf<(typeof silentLapse.facts)[number]>
export const judge = (facts: readonly Fact[], options: DriveOptions = {}) =>
  drive(silentLapse, facts, options)

export const MONTH = 31 * DAY
/** A monthly subscription in its period from MONDAY on, paid; its renewal is due at DUE. */
export const DUE = MONDAY + MONTH
export const period = (from: Seconds, length = MONTH) => ({ start: from, end: from + length, anchor: MONDAY })
const created = changed(MONDAY, { isNew: true, ...period(MONDAY) })
export const firstPaid = paid(MONDAY + 5, {
  invoice: 'in_0',
  reason: 'subscription_create',
  subscription: 'sub_1',
  start: MONDAY,
  end: DUE,
})
export const begun: Fact[] = [created, firstPaid]
export const rolled = changed(DUE, { rolled: true, previousEnd: DUE, ...period(DUE) })
export const renewal = { reason: 'subscription_cycle', subscription: 'sub_1', start: DUE, end: DUE + MONTH }
export const renewed = paid(DUE + HOUR, { invoice: 'in_1', created: DUE, ...renewal })
export const late = changed(DUE + HOUR, { status: 'past_due', previousStatus: 'active', ...period(DUE) })
