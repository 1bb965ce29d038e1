import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { composeId } from '../../src/ids.ts'
import { rotateToken } from '../../src/tenancy/endpoints.ts'
import { scopeTo } from '../../src/tenancy/scope.ts'
import { addSecret } from '../../src/tenancy/secrets.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { DETECTED, idsOf, resumeCursor, untilLive } from '../support/feed.ts'
import {
  acting,
  ask,
  connect,
  data,
  type Json,
  keyOf,
  listen,
  makeTenant,
  serveForAll,
  type TestTenant,
} from '../support/graphql.ts'

const database = await testDatabase()
const served = await serveForAll(database, { environment: { API_RATE_LIMIT: '100000/60' } })
/** Whose things are attacked, and who attacks as its own ADMIN. */
let victim: TestTenant
let thief: TestTenant
let loot: Record<
  'anomaly' | 'event' | 'activity' | 'endpoint' | 'secret' | 'key' | 'detector' | 'cursor',
  string
>

const MARK = 'zanzibar'

beforeAll(async () => {
  victim = await makeTenant(database, `Victim ${MARK}`)
  thief = await makeTenant(database, 'Thief')
  const scope = scopeTo(database, victim.id)
  const anomaly = await raise(database, victim.id, {
    title: MARK,
    customerId: 'cus_1',
    subjects: [{ type: 'charge', id: 'ch_1' }],
  })
  await scope.db.stripeEvent.create({
    data: {
      tenantId: victim.id,
      stripeId: 'evt_1',
      endpointId: victim.endpointId,
      livemode: true,
      type: 'charge.failed',
      createdAt: new Date(),
      receivedAt: new Date(),
      status: 'PROCESSED',
      payload: new Uint8Array(Buffer.from(`{"secret":"${MARK}"}`)),
    },
  })
  await rotateToken(scope, acting)
  await scope.db.stream.create({
    data: {
      tenantId: victim.id,
      id: 's',
      endpointId: victim.endpointId,
      livemode: false,
      clock: 0n,
      live: true,
    },
  })
  await scope.db.metricBucket.create({
    data: { tenantId: victim.id, stream: 's', hour: 493_000, currency: 'usd', events: 1, revenue: 4711n },
  })
  const secret = await addSecret(scope, acting, { secret: 'whsec_victim_0123456789abcdef' })
  loot = {
    anomaly,
    event: composeId('evn', victim.id, 'evt_1'),
    activity: composeId('act', victim.id, '1'),
    endpoint: victim.endpointId,
    secret: secret.id,
    key: (await keyOf(database, victim, 'ADMIN')).id,
    detector: composeId('det', victim.id, 'DUPLICATE_CHARGE'),
    cursor: await resumeCursor(served, victim.key),
  }
})

/** Every row of the victim, to see that nothing changed. */
async function everything(): Promise<string> {
  const { db } = scopeTo(database, victim.id)
  const where = { tenantId: victim.id }
  const rows = [
    await db.tenant.findMany({ where: { id: victim.id } }),
    await db.anomaly.findMany({ where, orderBy: { id: 'asc' } }),
    await db.activity.findMany({ where, orderBy: { seq: 'asc' } }),
    await db.webhookEndpoint.findMany({ where, orderBy: { id: 'asc' } }),
    await db.formerToken.findMany({ where, orderBy: { hash: 'asc' } }),
    await db.webhookSecret.findMany({ where, orderBy: { id: 'asc' } }),
    await db.apiKey.findMany({ where, orderBy: { id: 'asc' } }),
    await db.detectorSetting.findMany({ where }),
    await db.stripeEvent.findMany({ where }),
  ]
  return JSON.stringify(rows, (key, value: unknown) =>
    key === 'lastUsedAt' ? undefined : typeof value === 'bigint' ? value.toString() : value,
  )
}

interface Attack {
  operation: string
  variables(): Json
  /** What an honest tenant without anything would be told; `code` of the one error otherwise. */
  reads?: Json
  code?: string
}

const attack = (
  operation: string,
  variables: () => Json,
  expected: { reads?: Json; code?: string },
): Attack => ({
  operation,
  variables,
  ...expected,
})

/** At least one attack on each root field. */
const ATTACKS: Record<string, Attack[]> = {
  'Query.viewer': [
    attack('{ viewer { tenant { name } } }', () => ({}), {
      reads: { viewer: { tenant: { name: 'Thief' } } },
    }),
  ],
  'Query.tenant': [attack('{ tenant { name } }', () => ({}), { reads: { tenant: { name: 'Thief' } } })],
  'Query.anomaly': [
    attack('query($id: ID!) { anomaly(id: $id) { id } }', () => ({ id: loot.anomaly }), {
      reads: { anomaly: null },
    }),
  ],
  'Query.anomalies': [
    attack(
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { nodes { id } totalCount } }',
      () => ({ filter: { search: MARK } }),
      { reads: { anomalies: { nodes: [], totalCount: 0 } } },
    ),
    attack(
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { nodes { id } totalCount } }',
      () => ({ filter: { search: 'ch_1', customerId: 'cus_1' } }),
      { reads: { anomalies: { nodes: [], totalCount: 0 } } },
    ),
    attack(
      'query($after: String) { anomalies(after: $after) { totalCount } }',
      () => ({ after: loot.cursor }),
      {
        code: 'CURSOR_UNKNOWN',
      },
    ),
    attack(
      'query($before: String) { anomalies(last: 5, before: $before) { totalCount } }',
      () => ({ before: loot.cursor }),
      {
        code: 'CURSOR_UNKNOWN',
      },
    ),
  ],
  'Query.event': [
    attack('query($id: ID!) { event(id: $id) { payload } }', () => ({ id: loot.event }), {
      reads: { event: null },
    }),
  ],
  'Query.events': [
    attack(
      'query($filter: StripeEventFilter) { events(filter: $filter) { nodes { payload } totalCount } }',
      () => ({ filter: { stripeId: 'evt_1' } }),
      { reads: { events: { nodes: [], totalCount: 0 } } },
    ),
  ],
  'Query.detectors': [
    attack('{ detectors { stats(lastSeconds: 1000000000) { anomalies } } }', () => ({}), {
      reads: { detectors: expect.not.arrayContaining([{ stats: { anomalies: 1 } }]) },
    }),
  ],
  'Query.metrics': [
    attack(
      '{ metrics(range: {from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z"}, interval: WEEK) { events anomalies revenue { amount } } }',
      () => ({}),
      { reads: { metrics: expect.not.arrayContaining([expect.objectContaining({ events: 1 })]) } },
    ),
  ],
  'Query.activity': [
    attack('{ activity { nodes { anomaly { id } data } } }', () => ({}), { reads: expect.anything() }),
  ],
  'Query.node': [
    attack('query($id: ID!) { node(id: $id) { id } }', () => ({ id: loot.anomaly }), {
      reads: { node: null },
    }),
    attack('query($id: ID!) { node(id: $id) { id } }', () => ({ id: victim.id }), { reads: { node: null } }),
  ],
  'Query.nodes': [
    attack(
      'query($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      () => ({ ids: [...Object.values(loot), victim.id] }),
      {
        reads: { nodes: Array(9).fill(null) },
      },
    ),
  ],
  'Query.tenants': [
    attack('{ tenants(search: "zanzibar") { nodes { id } } }', () => ({}), { code: 'FORBIDDEN' }),
  ],
  ...Object.fromEntries(
    ['acknowledgeAnomaly', 'resolveAnomaly', 'reopenAnomaly', 'markAnomalyFalsePositive'].map((name) => [
      `Mutation.${name}`,
      [
        attack(
          `mutation($id: ID!) { ${name}(input: {id: $id}) { anomaly { id } } }`,
          () => ({ id: loot.anomaly }),
          { code: 'NOT_FOUND' },
        ),
      ],
    ]),
  ),
  'Mutation.configureDetector': [
    attack(
      'mutation { configureDetector(input: {name: DUPLICATE_CHARGE, enabled: false}) { detector { enabled } } }',
      () => ({}),
      { reads: { configureDetector: { detector: { enabled: false } } } },
    ),
  ],
  'Mutation.createApiKey': [
    attack('mutation { createApiKey(input: {name: "x", role: ADMIN}) { apiKey { name } } }', () => ({}), {
      reads: { createApiKey: { apiKey: { name: 'x' } } },
    }),
  ],
  'Mutation.revokeApiKey': [
    attack(
      'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }',
      () => ({ id: loot.key }),
      {
        code: 'NOT_FOUND',
      },
    ),
  ],
  'Mutation.createAccessToken': [
    attack('mutation { createAccessToken(input: {role: ADMIN}) { expiresAt } }', () => ({}), {
      reads: expect.anything(),
    }),
  ],
  'Mutation.createWebhookEndpoint': [
    attack(
      'mutation { createWebhookEndpoint(input: {name: "default"}) { webhookEndpoint { id } } }',
      () => ({}),
      {
        reads: { createWebhookEndpoint: { webhookEndpoint: { id: expect.not.stringMatching('nothing') } } },
      },
    ),
  ],
  'Mutation.rotateWebhookToken': [
    attack(
      'mutation($id: ID!) { rotateWebhookToken(input: {endpointId: $id}) { webhookEndpoint { url } } }',
      () => ({ id: loot.endpoint }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.addWebhookSecret': [
    attack(
      'mutation($id: ID!) { addWebhookSecret(input: {endpointId: $id, secret: "whsec_mine_0123456789"}) { webhookSecret { id } } }',
      () => ({ id: loot.endpoint }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.retireWebhookSecret': [
    attack(
      'mutation($id: ID!) { retireWebhookSecret(input: {id: $id}) { webhookSecret { id } } }',
      () => ({ id: loot.secret }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.createTenant': [
    attack('mutation { createTenant(input: {name: "x"}) { tenant { id } } }', () => ({}), {
      code: 'FORBIDDEN',
    }),
  ],
  'Mutation.updateTenant': [
    attack(
      'mutation($id: ID!) { updateTenant(input: {id: $id, name: "Mine"}) { tenant { id } } }',
      () => ({ id: victim.id }),
      {
        code: 'NOT_FOUND',
      },
    ),
  ],
  ...Object.fromEntries(
    ['suspendTenant', 'resumeTenant'].map((name) => [
      `Mutation.${name}`,
      [
        attack(
          `mutation($id: ID!) { ${name}(input: {id: $id}) { tenant { id } } }`,
          () => ({ id: victim.id }),
          {
            code: 'FORBIDDEN',
          },
        ),
      ],
    ]),
  ),
  'Mutation.deleteTenant': [
    attack(
      'mutation($id: ID!, $name: String!) { deleteTenant(input: {id: $id, confirmName: $name}) { deletedTenantId } }',
      () => ({ id: victim.id, name: victim.name }),
      { code: 'FORBIDDEN' },
    ),
  ],
}

const SUBSCRIPTIONS: Record<string, string> = {
  'Subscription.anomalyDetected': DETECTED,
  'Subscription.anomalyChanged':
    'subscription($after: String) { anomalyChanged(after: $after) { anomaly { id } } }',
  'Subscription.eventReceived': 'subscription { eventReceived { payload } }',
}

test('every root field is attacked', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const names = roots.flatMap((root) =>
    root ? Object.keys(root.getFields()).map((field) => `${root.name}.${field}`) : [],
  )
  expect([...Object.keys(ATTACKS), ...Object.keys(SUBSCRIPTIONS)].sort()).toEqual(names.sort())
})

describe.each(Object.entries(ATTACKS))("another tenant's %s", (_name, attacks) => {
  test('reads as absent and stays as it is', async () => {
    const before = await everything()
    for (const { operation, variables, reads, code } of attacks) {
      const answer = await ask(served, thief.key, operation, variables())
      if (code === undefined) {
        expect(answer.errors).toEqual([])
        expect(answer.data).toEqual(reads)
      } else expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual([code])
      expect(JSON.stringify(answer.data)).not.toContain(MARK)
      expect(JSON.stringify(answer.data)).not.toContain(loot.anomaly)
      expect(JSON.stringify(answer.data)).not.toContain(loot.endpoint)
    }
    expect(await everything()).toBe(before)
  })
})

test('an id of another tenant is told no different from one that never was', async () => {
  const say = async (id: string) => {
    const { errors } = await ask(
      served,
      thief.key,
      'mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id}) { anomaly { id } } }',
      { id },
    )
    const [error] = errors
    return JSON.stringify({ ...error, extensions: { code: error?.extensions['code'] } }).replaceAll(id, 'ID')
  }
  expect(await say(loot.anomaly)).toBe(await say('anm_0000000000000000000000'))
})

describe('subscriptions', () => {
  test("hear nothing of another tenant's", async () => {
    const heard = Object.values(SUBSCRIPTIONS).map((operation) =>
      listen(connect(served, thief.key), operation),
    )
    const own = listen(connect(served, thief.key), DETECTED)
    await untilLive(database, served, thief.id, () => own.received.length)
    const stolen = await raise(database, victim.id, { title: MARK })
    await data(
      served,
      victim.key,
      'mutation($id: ID!) { resolveAnomaly(input: {id: $id}) { anomaly { id } } }',
      {
        id: stolen,
      },
    )
    await scopeTo(database, victim.id).db.stripeEvent.create({
      data: {
        tenantId: victim.id,
        stripeId: `evt_${stolen}`,
        endpointId: victim.endpointId,
        livemode: true,
        type: 'charge.failed',
        createdAt: new Date(),
        receivedAt: new Date(),
        status: 'PENDING',
        payload: new Uint8Array(Buffer.from(`"${MARK}"`)),
      },
    })
    // The hints of both go to everybody's ears, as a mistaken bus would send them.
    for (const { id } of [victim, thief]) {
      served.bus.publish(`feed:${id}`)
      served.bus.publish(`events:${id}`)
    }
    const last = await raise(database, thief.id)
    served.bus.publish(`feed:${thief.id}`)
    await expect.poll(() => idsOf(own), { timeout: 15_000 }).toContain(last)
    const all = JSON.stringify([...heard, own].map(({ received }) => received))
    expect(all).not.toContain(stolen)
    expect(all).not.toContain(MARK)
  })

  test('do not start from a cursor of another tenant', async () => {
    for (const operation of [DETECTED, SUBSCRIPTIONS['Subscription.anomalyChanged'] ?? '']) {
      const heard = listen(connect(served, thief.key), operation, { after: loot.cursor })
      await heard.done
      expect(heard.errors).toMatchObject([{ extensions: { code: 'CURSOR_UNKNOWN' } }])
      expect(heard.received).toEqual([])
    }
  })

  test('two that ask the same each hear their own', async () => {
    const pair = [await makeTenant(database), await makeTenant(database)]
    const heard = await Promise.all(
      pair.map(async ({ key }) =>
        listen(connect(served, key), DETECTED, { after: await resumeCursor(served, key) }),
      ),
    )
    const raised = await Promise.all(pair.map(({ id }) => raise(database, id)))
    for (const { id } of pair) served.bus.publish(`feed:${id}`)
    await expect.poll(() => heard.map(idsOf), { timeout: 15_000 }).toEqual(raised.map((id) => [id]))
  })
})

test('a socket acts for whom it was opened, not for whom a later message names', async () => {
  const client = connect(served, undefined, {
    connectionParams: { authorization: `Bearer ${thief.key}`, tenantId: thief.id },
  })
  onTestFinished(() => void client.dispose())
  const heard = listen(client, '{ tenant { name } }', { tenantId: victim.id, 'x-tenant-id': victim.id })
  await heard.done
  expect(heard.received).toEqual([{ tenant: { name: 'Thief' } }])
})
