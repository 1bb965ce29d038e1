import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { alertsOn, deliveriesOf } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { throttled } from '../support/stripe-api/refusal.ts'
import { LIVE_KEY, PATIENT, stripe, TEST_KEY } from './harness.ts'
import { steppedTenant } from './steps.ts'

const database = await testDatabase()
const alerts = alertsOn(database)
const notice = z.object({
  type: z.string(),
  data: z.object({ title: z.string(), text: z.array(z.string()) }),
})

/** A connected tenant with a receiver of its alerts. */
async function connectedTenant(key = LIVE_KEY) {
  const account = await stripe()
  account.now = () => Math.floor(clock.now().getTime() / 1_000)
  account.addKey(TEST_KEY)
  const tenant = await steppedTenant(database, account, key, clock)
  await tenant.begin()
  await tenant.goOn()
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const sent = async () => {
    await alerts.tick()
    return receiver.requests.map(({ body }) => notice.parse(JSON.parse(body)))
  }
  return { account, receiver, sent, ...tenant }
}

it(
  'a key that Stripe refuses is reported to the alert channels once, and again when it is refused anew',
  async () => {
    const { account, scope, receiver, compare, sent } = await connectedTenant()
    await alerts.webhookOf(scope, receiver.url)
    account.revoke(LIVE_KEY)
    await expect(compare()).rejects.toThrow('revoked')
    expect(await sent()).toEqual([
      {
        type: 'stripe_key.refused',
        data: {
          title: 'Stripe refuses the key rk_live_…0001',
          text: [
            expect.stringContaining('create a new restricted key'),
            expect.stringContaining('Webhooks go on'),
          ],
        },
      },
    ])

    account.trouble = () => throttled(0)
    await expect(compare()).rejects.toThrow('throttles')
    account.trouble = () => undefined
    await expect(compare()).rejects.toThrow('revoked')
    expect(await sent()).toHaveLength(1)

    account.addKey(LIVE_KEY)
    await compare()
    account.without(LIVE_KEY, 'rak_event_read')
    await expect(compare()).rejects.toThrow('Events: Read')
    expect((await sent()).slice(1)).toEqual([
      {
        type: 'stripe_key.refused',
        data: {
          title: 'The key rk_live_…0001 lacks a permission',
          text: [expect.stringContaining('Events: Read (rak_event_read)'), expect.any(String)],
        },
      },
    ])
  },
  PATIENT,
)

it(
  'a permission that the look of the next day finds gone is reported, too',
  async () => {
    const { account, scope, receiver, reconciler, connection, sent } = await connectedTenant()
    await alerts.webhookOf(scope, receiver.url)
    account.without(LIVE_KEY, 'rak_charge_read')
    await scope.db.stripeConnection.updateMany({
      data: { state: 'LIMITED', probedAt: new Date(0), reconcileAt: new Date(0) },
    })
    await reconciler().look()
    expect(await connection()).toMatchObject({ state: 'LIMITED' })
    expect(await sent()).toMatchObject([
      { data: { text: [expect.stringContaining('Charges and Refunds: Read'), expect.any(String)] } },
    ])
  },
  PATIENT,
)

it(
  'a refused key of test mode is reported only where test mode is, and not on a channel that is paused',
  async () => {
    const { account, scope, receiver, compare, sent } = await connectedTenant(TEST_KEY)
    await alerts.webhookOf(scope, receiver.url, { name: 'live alone' })
    const { channel } = await alerts.webhookOf(scope, receiver.url, {
      name: 'paused',
      routing: { testMode: true },
    })
    await scope.db.alertChannel.updateMany({ where: { id: channel.id }, data: { state: 'PAUSED' } })
    account.revoke(TEST_KEY)
    await expect(compare()).rejects.toThrow('revoked')
    expect(await sent()).toEqual([])
    expect(await deliveriesOf(scope)).toMatchObject([
      { channelId: channel.id, reason: 'STRIPE_KEY_REFUSED', state: 'MUTED', why: 'the channel is paused' },
    ])
  },
  PATIENT,
)
