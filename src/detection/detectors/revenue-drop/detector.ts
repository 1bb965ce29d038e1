import type { ChargeCaptured } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Step } from '../../detector.ts'
import { ofStream } from '../../kit/heads.ts'
import { nextHour } from '../../statistics/hours.ts'
import { judge, unusableOf } from './incident.ts'
import { learn, newRenewals, nextLook, note, type RenewalFact } from './renewals.ts'
import { isOpen, type Settings, type State, settings, stateOf } from './state.ts'
import { learnUnit, unitSize } from './unit-size.ts'
import { upgradeToPromptness, upgradeToRenewals } from './upgrade.ts'
import { takeOut, takeOver } from './without-renewals.ts'

/** With nothing taken for this long the hourly look stops until the next payment, or until renewals are due. */
const IDLE: Seconds = 8 * DAY
/** A day's renewals are looked at for this long, every hour. */
const LOOK: Seconds = 3 * DAY

/** Reports when less money comes in than is usual at this time of the week, or when renewals that are due do not come. */
export const revenueDrop = defineDetector({
  name: 'REVENUE_DROP',
  title: 'Revenue drop',
  description:
    'Less money comes in than is usual for you at this time of the week, in one currency or in all together, or renewals of subscriptions do not come on the day when they are due. It needs two weeks of history, and waits while events themselves fail to arrive.',
  facts: [
    'chargeCaptured',
    'chargePending',
    'invoiceCreated',
    'invoicePaid',
    'invoiceDropped',
    'subscriptionChanged',
    'subscriptionEnded',
  ],
  settings,
  anyOrder: true,
  cooldown: 24 * HOUR,
  stateVersion: 5,
  upgrade: {
    1: (old) => old, // Levels of former weeks are noted from now on.
    2: upgradeToRenewals,
    3: (old) => old, // Named days are noted from now on.
    4: upgradeToPromptness,
  },
  // Renewals were not distinguished before: the facts tell them.
  rebuildBelow: 3,
  keepFormer,
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
})

/** Revenue without renewals is known by itself, or not yet: then what was learned of all payments goes on. */
function keepFormer(former: State, rebuilt: State): State {
  if (rebuilt.isApart || former.since === 0) return rebuilt
  return {
    ...rebuilt,
    since: Math.min(former.since, rebuilt.since),
    size: former.size,
    revenue: former.revenue,
  }
}

function observe(state: State, fact: ChargeCaptured | RenewalFact): Step | undefined {
  if (fact.kind === 'chargeCaptured') {
    if (fact.amount <= 0) return undefined
    takeCharge(state, fact)
  } else {
    state.renewals ??= newRenewals(fact.at)
    note(state.renewals, fact)
    if (fact.kind === 'invoicePaid') takeOut(state, fact)
  }
  state.newest = Math.max(state.newest, fact.at)
  if (state.awake) return undefined
  state.awake = true
  return { wakeAt: nextHour(state.newest) }
}

function takeCharge(state: State, { at, currency, amount }: ChargeCaptured): void {
  if (state.since === 0) state.since = at
  const newest = Math.max(state.newest, at)
  learnUnit(state.size, state.revenue.add(at, newest, currency, amount))
  state.next?.revenue.add(at, newest, currency, amount)
}

function onTimer(state: State, context: Context<Settings>): Step {
  const { now, delivery, calendar } = context
  const size = unitSize(state.size)
  state.revenue.advance(now, delivery, calendar, size)
  state.next?.revenue.advance(now, delivery, calendar, size)
  takeOver(state, now)
  if (state.renewals !== undefined) learn(state.renewals, now, unusableOf(state, context))
  const step = judge(state, size, context)
  const nextDue = state.renewals && nextLook(state.renewals, now - LOOK)
  state.awake = isOpen(state) || now - state.newest < IDLE || (nextDue ?? Number.POSITIVE_INFINITY) <= now
  const wakeAt = state.awake ? nextHour(now) : (nextDue ?? null)
  return { ...step, wakeAt }
}
