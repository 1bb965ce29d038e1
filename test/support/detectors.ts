import { type AnyDetector, defineDetector, type Finding } from '../../src/detection/detector.ts'
import type { JudgedEvent } from '../../src/detection/engine/judged-event.ts'
import type { Seconds } from '../../src/time.ts'

/** An event of `customer` that was delivered in time, or `lag` seconds late. */
export function delivery(stripeId: string, at: Seconds, customer = 'cus_1', lag = 0): JudgedEvent {
  return {
    stripeId,
    at,
    deliveredAt: at + lag,
    facts: [{ kind: 'delivered', at, eventId: stripeId, customer, type: 'charge.succeeded', lag }],
  }
}

export const finding = (fingerprint: string, over: Partial<Finding> = {}): Finding => ({
  fingerprint,
  severity: 'MEDIUM',
  confidence: 0.9,
  title: 'Too many',
  message: `Too many of ${fingerprint}.`,
  advice: 'Look.',
  startedAt: 0,
  signs: 1,
  subjects: [],
  evidence: [],
  ...over,
})

interface Count {
  seen: Seconds[]
}

/** Says something whenever a customer has `limit` events, and that it has ended when none came for `quiet` seconds. */
export function counting(over: Partial<AnyDetector> & { limit?: number; quiet?: Seconds } = {}): AnyDetector {
  const { limit = 3, quiet = 3_600, ...rest } = over
  const detector = defineDetector({
    name: 'DUPLICATE_CHARGE',
    title: 'Count',
    description: 'Counts.',
    facts: ['delivered'],
    settings: { limit: { description: 'how many', unit: 'COUNT', default: limit, min: 1, max: 100 } },
    selfResolving: false,
    perObject: false,
    cooldown: 6 * 3_600,
    stateVersion: 1,
    idleAfter: 86_400 * 400,
    initial: (): Count => ({ seen: [] }),
    key: ({ customer }) => customer,
    observe(state, fact, { settings, key }) {
      state.seen.push(fact.at)
      const wakeAt = fact.at + quiet
      if (state.seen.length < settings.limit) return { wakeAt }
      return { wakeAt, findings: [finding(key, { startedAt: Math.min(...state.seen), customer: key })] }
    },
    onTimer(state, { key, now }) {
      state.seen = []
      return { ended: [{ fingerprint: key, at: now }], forget: true }
    },
  })
  return { ...detector, ...rest }
}
