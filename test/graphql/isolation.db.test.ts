import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { channelsFor } from '../../src/alerts/alerts.ts'
import { createChannel } from '../../src/alerts/manage.ts'
import { schema } from '../../src/graphql/schema.ts'
import { composeId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { rotateToken } from '../../src/tenancy/endpoints.ts'
import { addSecret } from '../../src/tenancy/secrets.ts'
import { raise } from '../support/anomalies.ts'
import { DETECTED, idsOf, resumeCursor, untilLive } from '../support/feed.ts'
import {
  acting,
  ask,
  connect,
  data,
  keyOf,
  listen,
  makeTenant,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'
import { ATTACKS, type Loot, MARK, VICTIM } from './attacks.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
/** Whose things are attacked, and who attacks as its own ADMIN. */
let victim: TestTenant
let thief: TestTenant
let loot: Loot

beforeAll(async () => {
  victim = await makeTenant(database, VICTIM)
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
    data: { tenantId: victim.id, stream: 's', slot: 1_972_000, currency: 'usd', events: 1, revenue: 4711n },
  })
  const secret = await addSecret(scope, acting, { secret: 'whsec_victim_0123456789abcdef' })
  const means = channelsFor(served.config)
  const target = { webhook: { url: 'https://alerts.example.com/' } }
  const { channel } = await createChannel(scope, acting, means, { name: 'pager', target })
  await scope.db.alertDelivery.create({
    data: {
      tenantId: victim.id,
      id: `dlv_${MARK}`,
      channelId: channel.id,
      anomalyId: anomaly,
      seq: 1n,
      key: '1',
      reason: 'RAISED',
      state: 'FAILED',
      createdAt: new Date(),
      dueAt: new Date(),
    },
  })
  const session = `ses_${MARK}`
  const moment = new Date()
  await scope.db.session.create({
    data: {
      tenantId: victim.id,
      id: session,
      hash: session,
      keyId: 'key_x',
      name: `Person ${MARK}`,
      createdAt: moment,
      usedAt: moment,
      expiresAt: moment,
    },
  })
  const connection = `scn_${MARK}`
  await scope.db.stripeConnection.create({
    data: {
      tenantId: victim.id,
      id: connection,
      endpointId: victim.endpointId,
      livemode: true,
      sealed: MARK,
      keyHint: `rk_live_…${MARK}`,
      state: 'CONNECTED',
      permissions: '[]',
      createdAt: moment,
    },
  })
  loot = {
    connection,
    session,
    channel: channel.id,
    delivery: `dlv_${MARK}`,
    tenant: victim.id,
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
    await db.alertChannel.findMany({ where }),
    await db.alertDelivery.findMany({ where }),
    await db.session.findMany({ where }),
    await db.stripeConnection.findMany({ where }),
  ]
  return JSON.stringify(rows, (key, value: unknown) =>
    key === 'lastUsedAt' ? undefined : typeof value === 'bigint' ? value.toString() : value,
  )
}

/** Those that take a cursor. */
const FEEDS: Record<string, string> = {
  'Subscription.anomalyDetected': DETECTED,
  'Subscription.anomalyChanged':
    'subscription($after: String) { anomalyChanged(after: $after) { anomaly { id } } }',
  'Subscription.anomalyFeed':
    'subscription($after: String) { anomalyFeed(after: $after) { anomaly { id } } }',
}

/** What a job tells is asked for by the victim's own id, below. */
const SUBSCRIPTIONS: Record<string, string> = {
  ...FEEDS,
  'Subscription.eventReceived': 'subscription { eventReceived { payload } }',
  'Subscription.detectorPreview':
    'subscription { detectorPreview(name: DUPLICATE_CHARGE, range: {}) { removed { title } added { title } } }',
}
const PROGRESS = 'Subscription.importProgress'

test('every root field is attacked', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const names = roots.flatMap((root) =>
    root ? Object.keys(root.getFields()).map((field) => `${root.name}.${field}`) : [],
  )
  expect([...Object.keys(ATTACKS), ...Object.keys(SUBSCRIPTIONS), PROGRESS].sort()).toEqual(names.sort())
})

describe.each(Object.entries(ATTACKS))("another tenant's %s", (_name, attacks) => {
  test('reads as absent and stays as it is', async () => {
    const before = await everything()
    for (const { operation, variables, reads, code } of attacks) {
      const answer = await ask(served, thief.key, operation, variables(loot))
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
    await expect.poll(() => idsOf(own), { timeout: 45_000 }).toContain(last)
    const all = JSON.stringify([...heard, own].map(({ received }) => received))
    expect(all).not.toContain(stolen)
    expect(all).not.toContain(MARK)
  })

  test('do not start from a cursor of another tenant', async () => {
    for (const operation of Object.values(FEEDS)) {
      const heard = listen(connect(served, thief.key), operation, { after: loot.cursor })
      await heard.done
      expect(heard.errors).toMatchObject([{ extensions: { code: 'CURSOR_UNKNOWN' } }])
      expect(heard.received).toEqual([])
    }
  })

  test('say nothing of a job of another tenant', async () => {
    const { key } = await keyOf(database, victim, 'ADMIN')
    const begun = await ask(served, key, 'mutation { rebuildTenant(input: {dryRun: true}) { job { id } } }')
    const { job } = z
      .object({ rebuildTenant: z.object({ job: z.object({ id: z.string() }) }) })
      .parse(begun.data).rebuildTenant
    const heard = listen(
      connect(served, thief.key),
      'subscription($id: ID!) { importProgress(id: $id) { id } }',
      { id: job.id },
    )
    await heard.done
    expect(heard.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    expect(heard.received).toEqual([])
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
    await expect.poll(() => heard.map(idsOf), { timeout: 45_000 }).toEqual(raised.map((id) => [id]))
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
