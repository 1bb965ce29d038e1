import { silentLapse } from '../../../src/detection/detectors/silent-lapse/detector.ts'
import type { FactOf } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { Drive, type Options } from '../../support/drive-object.ts'
import { changed, paid, T0 } from '../../support/object-facts.ts'

export type Fact = FactOf<(typeof silentLapse.facts)[number]>
export const drive = (facts: readonly Fact[], options: Options = {}) =>
  new Drive(silentLapse, options).feed(...facts)

export const MONTH = 31 * DAY
/** A monthly subscription in its period from T0 on, paid; its renewal is due at DUE. */
export const DUE = T0 + MONTH
export const period = (from: Seconds, length = MONTH) => ({ start: from, end: from + length, anchor: T0 })
const created = changed({ at: T0, isNew: true, ...period(T0) })
export const firstPaid = paid({
  invoice: 'in_0',
  at: T0 + 5,
  reason: 'subscription_create',
  subscription: 'sub_1',
  start: T0,
  end: DUE,
})
export const begun: Fact[] = [created, firstPaid]
export const rolled = changed({ at: DUE, rolled: true, previousEnd: DUE, ...period(DUE) })
export const renewal = { reason: 'subscription_cycle', subscription: 'sub_1', start: DUE, end: DUE + MONTH }
export const renewed = paid({ invoice: 'in_1', at: DUE + HOUR, created: DUE, ...renewal })
export const late = changed({ at: DUE + HOUR, status: 'past_due', previousStatus: 'active', ...period(DUE) })
