import { expect, it } from 'vitest'
import { StripeApi } from '../../src/connect/api.ts'
import { readKey } from '../../src/connect/key.ts'
import { inTrouble, throttled } from '../support/stripe-api/refusal.ts'
import type { Trouble } from '../support/stripe-api.ts'
import { LIVE_KEY, stripe } from './harness.ts'

it.each<[string, () => Trouble, kind: string, says: RegExp]>([
  ['is too slow', () => ({ waitMs: 1_000 }), 'AWAY', /^Stripe cannot be reached .* run it again/],
  ['breaks the connection', () => ({ drop: 'before' }), 'AWAY', /^Stripe cannot be reached .* run it again/],
  [
    'has trouble itself',
    () => inTrouble(503),
    'AWAY',
    /^Stripe has trouble itself \(503\)\. .* run it again/,
  ],
  ['throttles', () => throttled(0), 'THROTTLED', /^Stripe throttles requests .* run it again/],
])('where Stripe %s it is asked again, and then what to do is said', async (_, trouble, kind, says) => {
  const account = await stripe()
  const api = new StripeApi({
    key: readKey(LIVE_KEY),
    apiUrl: account.url,
    attempts: 2,
    timeoutMs: 100,
    chance: () => 0,
  })
  account.trouble = trouble
  await expect(api.list('/v1/events', { limit: 1 })).rejects.toMatchObject({
    kind,
    passes: true,
    message: expect.stringMatching(says),
  })
  expect(api.requests).toBe(2)
  account.trouble = () => undefined
  expect(await api.list('/v1/events', { limit: 1 })).toEqual({ data: [], hasMore: false })
})
