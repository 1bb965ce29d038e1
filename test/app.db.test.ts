import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { App } from '../src/app.ts'
import {
  collect,
  makeTenant,
  nowSeconds,
  post,
  query,
  socket,
  startServer,
  type TestTenant,
} from './support/app.ts'
import { emptyDatabase } from './support/database.ts'
import type { Json } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

let app: App
let url: string
let databaseUrl: string

beforeAll(async () => {
  databaseUrl = await emptyDatabase()
  app = await startServer(databaseUrl)
  url = app.url
})

const tenant = () => makeTenant(app, databaseUrl)

let made = 0
/** Two equal charges of a new customer, a few seconds ago. */
function doubleCharge(over: Json = {}): Json[] {
  const customer = `cus_${++made}`
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) =>
    event('charge.succeeded', charge({ created, customer, payment_intent: `pi_${made}_${created}` }), {
      created,
      ...over,
    }),
  )
}

async function deliver(to: TestTenant, events: readonly Json[]): Promise<void> {
  for (const one of events)
    expect(await post(url, to.token, one)).toMatchObject({
      status: 200,
      body: { received: true, duplicate: false },
    })
}

const LIST = '{ anomalies { nodes { id detector customerId } resumeCursor } }'
const DETECTED =
  'subscription ($after: String) { anomalyDetected(after: $after) { cursor node { id customerId } } }'

/** Told to the server that also takes the deliveries. */
async function retireSecrets(who: TestTenant): Promise<void> {
  const { data } = await query(url, who.key, '{ tenant { webhookEndpoints { secrets { id } } } }')
  const [{ secrets }] = JSON.parse(JSON.stringify(data)).tenant.webhookEndpoints
  for (const { id } of secrets)
    await query(
      url,
      who.key,
      'mutation($id: ID!) { retireWebhookSecret(input: {id: $id}) { webhookSecret { id } } }',
      { id },
    )
}

const nodesOf = async (who: TestTenant) => {
  const { data } = await query(url, who.key, LIST)
  return JSON.parse(JSON.stringify(data)).anomalies
}

const customers = (received: readonly Json[]) =>
  received.map((one) => JSON.parse(JSON.stringify(one)).anomalyDetected.node.customerId)

describe('a whole server', () => {
  it('brings a signed delivery to its own tenant, in the query and live, and to no other', async () => {
    const [mine, other] = [await tenant(), await tenant()]
    const [me, them] = [collect(socket(url, mine.key), DETECTED), collect(socket(url, other.key), DETECTED)]
    const events = doubleCharge()
    // A subscription without `after` begins when it is there; the first anomaly after that is told.
    await vi.waitFor(
      async () => {
        await deliver(mine, doubleCharge())
        expect(me.received.length).toBeGreaterThan(0)
      },
      { timeout: 45_000, interval: 300 },
    )
    await deliver(mine, events)
    await vi.waitFor(() => expect(customers(me.received)).toContain(`cus_${made}`), { timeout: 45_000 })
    const listed = await nodesOf(mine)
    expect(listed.nodes[0]).toMatchObject({ detector: 'DUPLICATE_CHARGE' })
    expect(new Set(customers(me.received)).size).toBe(me.received.length)
    expect((await nodesOf(other)).nodes).toEqual([])
    expect(them.received).toEqual([])
    expect([...me.errors, ...them.errors]).toEqual([])
  })

  it('goes on from the resume cursor of an empty page, across a restart, without gap or repeat', async () => {
    const mine = await tenant()
    const { nodes, resumeCursor } = await nodesOf(mine)
    expect(nodes).toEqual([])
    await deliver(mine, doubleCharge())
    const first = `cus_${made}`
    await vi.waitFor(async () => expect((await nodesOf(mine)).nodes).toHaveLength(1), { timeout: 45_000 })
    const second = await startServer(databaseUrl)
    const live = collect(socket(second.url, mine.key), DETECTED, { after: resumeCursor })
    await vi.waitFor(() => expect(customers(live.received)).toEqual([first]), { timeout: 45_000 })
    await deliver(mine, doubleCharge())
    await vi.waitFor(() => expect(customers(live.received)).toEqual([first, `cus_${made}`]), {
      timeout: 45_000,
    })
    const { cursor } = JSON.parse(JSON.stringify(live.received[0])).anomalyDetected
    const resumed = collect(socket(url, mine.key), DETECTED, { after: cursor })
    await vi.waitFor(() => expect(customers(resumed.received)).toEqual([`cus_${made}`]), { timeout: 45_000 })
  })

  it('counts one event once, however many deliver it at the same time', async () => {
    const mine = await tenant()
    const [first, second] = doubleCharge()
    if (first === undefined || second === undefined) throw new Error('two charges')
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(url, mine.token, first)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(
      answers.filter(({ body }) => JSON.stringify(body) === '{"received":true,"duplicate":false}'),
    ).toHaveLength(1)
    await post(url, mine.token, second)
    await vi.waitFor(async () => expect((await nodesOf(mine)).nodes).toHaveLength(1), { timeout: 45_000 })
    const { data } = await query(
      url,
      mine.key,
      '{ events { totalCount } anomalies { nodes { occurrences } } }',
    )
    expect(data).toMatchObject({ events: { totalCount: 2 } })
  })

  it('keeps live and test mode, and two accounts, apart', async () => {
    const mine = await tenant()
    const [first, second] = doubleCharge()
    if (first === undefined || second === undefined) throw new Error('two charges')
    await deliver(mine, [
      { ...first, livemode: false },
      second,
      { ...second, id: 'evt_of_account', account: 'acct_1' },
    ])
    await vi.waitFor(
      async () => {
        const { data } = await query(
          url,
          mine.key,
          '{ events(filter: {statuses: [PENDING]}) { totalCount } }',
        )
        expect(data).toEqual({ events: { totalCount: 0 } })
      },
      { timeout: 45_000 },
    )
    expect((await nodesOf(mine)).nodes).toEqual([])
  })

  it('takes what an act changed about deliveries for what it is from the very next delivery on', async () => {
    const who = await tenant()
    const [first, second] = doubleCharge()
    await deliver(who, [first ?? {}])
    await retireSecrets(who)
    expect(await post(url, who.token, second ?? {})).toMatchObject({ status: 400 })
  })

  it('refuses a port that is taken, and lets go of everything it had opened', async () => {
    const { port } = new URL(url)
    await expect(startServer(databaseUrl, { PORT: port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('shows a chart in spite of one absurd amount, and refuses an absurd search', async () => {
    const mine = await tenant()
    const at = nowSeconds() - 60
    const absurd = { created: at, amount: Number.MAX_SAFE_INTEGER, amount_captured: Number.MAX_SAFE_INTEGER }
    await deliver(mine, [
      event('charge.succeeded', charge(absurd), { created: at }),
      event('charge.succeeded', charge({ created: at }), { created: at }),
    ])
    const range = `{from: "${new Date((at - 3_600) * 1_000).toISOString()}"}`
    await vi.waitFor(async () => {
      const { data } = await query(
        url,
        mine.key,
        `{ metrics(range: ${range}) { chargesSucceeded revenue { amount } } }`,
      )
      expect(JSON.stringify(data)).toContain(
        `{"chargesSucceeded":2,"revenue":[{"amount":${Number.MAX_SAFE_INTEGER}}]}`,
      )
    })
    const { errors } = await query(
      url,
      mine.key,
      '($s: String) { anomalies(filter: {search: $s}) { totalCount } }'.replace('(', 'query('),
      { s: 'x'.repeat(20_000) },
    )
    expect(JSON.stringify(errors)).toContain('BAD_USER_INPUT')
  })
})
