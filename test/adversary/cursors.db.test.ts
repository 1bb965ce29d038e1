import {
  type GraphQLInputType,
  type GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { composeId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { ADMIN_KEY, ask, data, type Json, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'

// Drawn from the schema: a new connection or a new filter field is attacked by itself, or fails here.

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
let victim: TestTenant
let thief: TestTenant

/** What differs between the two, so that what is seen of the victim can be told. */
const OF = {
  victim: {
    customerId: 'cus_victim',
    account: 'acct_victim',
    objectId: 'ch_victim',
    stripeId: 'evt_victim',
    type: 'victim.event',
    channelId: 'chn_victim0000000000000000',
    person: 'Person of the victim',
  },
  thief: {
    customerId: 'cus_thief',
    account: 'acct_thief',
    objectId: 'ch_thief',
    stripeId: 'evt_thief',
    type: 'thief.event',
    channelId: 'chn_thief00000000000000000',
    person: 'Person of the thief',
  },
} as const

const anomalyOf = new Map<string, string>()

async function furnish(tenant: TestTenant, mine: (typeof OF)['victim' | 'thief']): Promise<void> {
  const { db } = scopeTo(database, tenant.id)
  const { customerId, account, objectId, stripeId, type, channelId, person } = mine
  const id = await raise(database, tenant.id, { title: tenant.name, customerId, account })
  anomalyOf.set(tenant.id, id)
  await db.anomaly.updateMany({
    where: { tenantId: tenant.id, id },
    data: { acknowledgedBy: JSON.stringify({ kind: 'API_KEY', name: person }) },
  })
  await db.alertChannel.create({
    data: {
      tenantId: tenant.id,
      id: channelId,
      name: 'ops',
      kind: 'WEBHOOK',
      target: 'webhook',
      sealed: 'sealed',
      hint: 'hint',
      routing: '{}',
      schedule: '{}',
      cursor: 0n,
      state: 'ACTIVE',
      createdAt: new Date(0),
    },
  })
  for (const n of [1, 2]) {
    await db.stripeEvent.create({
      data: {
        tenantId: tenant.id,
        stripeId: n === 1 ? stripeId : `${stripeId}_2`,
        endpointId: tenant.endpointId,
        livemode: true,
        type,
        account,
        objectId,
        customerId,
        createdAt: new Date(n),
        receivedAt: new Date(n),
        status: 'PROCESSED',
      },
    })
    await db.anomalyEvent.create({
      data: { tenantId: tenant.id, anomalyId: id, stripeId: n === 1 ? stripeId : `${stripeId}_2` },
    })
    await db.alertDelivery.create({
      data: {
        tenantId: tenant.id,
        id: `${channelId.replace('chn_', 'dlv_')}${n}`,
        channelId,
        anomalyId: id,
        seq: BigInt(n),
        key: `delivery ${n}`,
        reason: 'DETECTED',
        state: 'DELIVERED',
        createdAt: new Date(n),
        dueAt: new Date(n),
      },
    })
  }
}

beforeAll(async () => {
  victim = await makeTenant(database, 'Victim')
  thief = await makeTenant(database, 'Thief')
  await furnish(victim, OF.victim)
  await furnish(thief, OF.thief)
})

const channelOf = ({ id }: TestTenant): string => OF[id === victim.id ? 'victim' : 'thief'].channelId

/** A way to each type that has a connection, for whoever asks. */
const WAYS: Record<string, (tenant: TestTenant, inner: string) => string> = {
  Query: (_tenant, inner) => inner,
  Tenant: (_tenant, inner) => `tenant { ${inner} }`,
  AlertChannel: (tenant, inner) => `node(id: "${channelOf(tenant)}") { ... on AlertChannel { ${inner} } }`,
  Anomaly: (tenant, inner) => `anomaly(id: "${anomalyOf.get(tenant.id)}") { ${inner} }`,
}

const objects = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
)

const connections = objects.flatMap((type) =>
  type.name === 'Subscription'
    ? []
    : Object.values(type.getFields())
        .filter(({ args }) => args.some(({ name }) => name === 'after'))
        .map(({ name }) => [type.name, name] as const),
)

test('there is a way to every connection', () => {
  expect(connections.map(([type]) => type).filter((type) => !(type in WAYS))).toEqual([])
  expect(connections.length).toBeGreaterThanOrEqual(7)
})

describe.each(connections)('%s.%s', (type, field) => {
  const keyOf = (tenant: TestTenant) => (field === 'tenants' ? ADMIN_KEY : tenant.key)
  const page = (tenant: TestTenant, args: string) =>
    WAYS[type]?.(tenant, `${field}(${args}) { pageInfo { endCursor } nodes { id } }`)
  const cursorOf = async (tenant: TestTenant): Promise<string | undefined> => {
    const answer = await data(served, keyOf(tenant), `{ ${page(tenant, 'first: 1')} }`)
    return /"endCursor":"([^"]+)"/.exec(JSON.stringify(answer))?.[1]
  }
  const goOn = (cursor: string | undefined) =>
    ask(served, keyOf(thief), `query($cursor: String) { ${page(thief, 'first: 1, after: $cursor')} }`, {
      cursor,
    })

  test('takes a cursor of its own, and no other', async () => {
    const own = await cursorOf(thief)
    expect(own).toBeDefined()
    expect((await goOn(own)).errors).toEqual([])
    const foreign = await cursorOf(victim)
    expect(foreign).toBeDefined()
    const forged = [
      // The operator's list is nobody's own: there is no other's cursor.
      ...(field === 'tenants' ? [] : [foreign]),
      `${own}x`,
      own?.slice(0, -2),
      Buffer.from(`000000000000${field}\n1`).toString('base64url'),
      '',
      '\u{1F4A9}',
      'A'.repeat(5_000),
    ]
    for (const cursor of forged) {
      const { errors } = await goOn(cursor)
      expect(
        errors.map(({ extensions }) => extensions['code']),
        cursor,
      ).toEqual(['CURSOR_UNKNOWN'])
    }
  })
})

/** Values of the victim for every field of every filter; `undefined`: it is no value of anybody. */
const LOOT: Record<string, unknown> = {
  customerId: OF.victim.customerId,
  account: OF.victim.account,
  objectId: OF.victim.objectId,
  stripeId: OF.victim.stripeId,
  types: [OF.victim.type],
  channelId: OF.victim.channelId,
  get anomalyId() {
    return anomalyOf.get(victim.id)
  },
  acknowledgedBy: OF.victim.person,
  search: 'Victim',
}

const bare = (type: GraphQLInputType): GraphQLInputType =>
  isNonNullType(type) || isListType(type) ? bare(type.ofType) : type

const filters = [
  ['anomalies', 'AnomalyFilter'],
  ['events', 'StripeEventFilter'],
  ['alertDeliveries', 'AlertDeliveryFilter'],
] as const

test('every field of a filter is an enum, a switch, a range, or has something of the victim to look for', () => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type) || !type.name.endsWith('Filter')) continue
    const unknown = Object.values(type.getFields()).filter(({ name, type: of }) => {
      const inner = bare(of)
      return (
        !(name in LOOT) && !isEnumType(inner) && !isInputObjectType(inner) && inner.toString() !== 'Boolean'
      )
    })
    expect(unknown.map(({ name }) => `${type.name}.${name}`)).toEqual([])
  }
})

describe.each(filters)("%s, filtered by what is another tenant's,", (field, name) => {
  const type = schema.getType(name)
  const names = isInputObjectType(type) ? Object.keys(type.getFields()).filter((one) => one in LOOT) : []

  test.each(names)('%s finds nothing there, though its owner does', async (one) => {
    const query = `query($filter: ${name}) { ${field}(filter: $filter) { totalCount } }`
    const variables: Json = { filter: { [one]: LOOT[one] } }
    expect(await data(served, thief.key, query, variables)).toEqual({ [field]: { totalCount: 0 } })
    const own = (await data(served, victim.key, query, variables))[field]
    expect(Object(own).totalCount).toBeGreaterThan(0)
  })
})

test('ids of another tenant are absent in every field that takes one, wherever they stand in a list', async () => {
  const ids = [
    anomalyOf.get(victim.id) ?? '',
    composeId('evn', victim.id, OF.victim.stripeId),
    composeId('act', victim.id, '1'),
    composeId('det', victim.id, 'SILENT_LAPSE'),
    victim.endpointId,
    victim.id,
    // One's own prefix and key, the other's inside; and the other way round.
    `evn_${Buffer.from(`${victim.id.slice(4)}:${OF.thief.stripeId}`).toString('base64url')}`,
    `evn_${Buffer.from(`${thief.id.slice(4)}:${OF.victim.stripeId}`).toString('base64url')}`,
    `${composeId('evn', victim.id, OF.victim.stripeId)}=`,
  ]
  const own = composeId('evn', thief.id, OF.thief.stripeId)
  const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  const mixed = ids.flatMap((id) => [id, own])
  expect(await data(served, thief.key, query, { ids: mixed })).toEqual({
    nodes: ids.flatMap(() => [null, { id: own }]),
  })
  for (const id of ids) {
    const single = 'query($id: ID!) { node(id: $id) { id } anomaly(id: $id) { id } event(id: $id) { id } }'
    expect(await data(served, thief.key, single, { id })).toEqual({ node: null, anomaly: null, event: null })
  }
})
