import { type GraphQLObjectType, getNamedType, isLeafType, isObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { composeId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { ask, data, makeTenant, serveForAll, type TestTenant } from '../support/graphql.ts'
import { eventRow } from '../support/rows.ts'
import { recordingStatements } from '../support/statements.ts'

const recorded = recordingStatements(await testDatabase())
const { database } = recorded
const served = await serveForAll(database, { environment: { API_RATE_LIMIT: '100000/60' } })
let tenant: TestTenant
let anomalyId: string
let eventId: string

beforeAll(async () => {
  tenant = await makeTenant(database)
  const { db } = scopeTo(database, tenant.id)
  anomalyId = await raise(database, tenant.id, {
    note: 'Seen before.',
    account: 'acct_1',
    customerId: 'cus_1',
    impact: { amount: 2_900, currency: 'eur' },
    subjects: [{ type: 'charge', id: 'ch_1' }],
  })
  const other = await raise(database, tenant.id)
  await db.anomaly.updateMany({
    where: { id: anomalyId },
    data: {
      acknowledgedAt: new Date('2026-03-02T00:00:00Z'),
      acknowledgedBy: JSON.stringify({ kind: 'API_KEY', name: 'Ada' }),
      resolvedAt: new Date('2026-03-03T00:00:00Z'),
      resolvedBy: JSON.stringify({ kind: 'OPERATOR', name: 'Ben' }),
      endedAt: new Date('2026-03-02T12:00:00Z'),
      falsePositiveReason: 'a rehearsal',
    },
  })
  await db.anomalyCause.create({ data: { tenantId: tenant.id, anomalyId, causeId: other } })
  await db.stripeEvent.create({
    data: {
      ...eventRow(tenant.id, tenant.endpointId, 'evt_1'),
      amount: 1_200n,
      currency: 'eur',
      payload: Buffer.from('{"id":"evt_1"}'),
    },
  })
  await db.anomalyEvent.create({ data: { tenantId: tenant.id, anomalyId, stripeId: 'evt_1' } })
  eventId = composeId('evn', tenant.id, 'evt_1')
})

/** What was read of a table by one operation: the columns of each statement, in order. */
async function columnsRead(table: string, query: string, variables = {}): Promise<string[][]> {
  recorded.statements.length = 0
  await data(served, tenant.key, query, variables)
  return recorded.statements.flatMap((text) => {
    const [, list] = new RegExp(`^SELECT (.*) FROM "${table}" WHERE`).exec(text) ?? []
    return list === undefined ? [] : [list.replaceAll('"', '').split(', ').sort()]
  })
}

describe('what a page reads', () => {
  test('is what its fields need and what its order goes by', async () => {
    const page = '{ anomalies(first: 5) { nodes { id title impact { amount } } } }'
    expect(await columnsRead('Anomaly', page)).toEqual([
      ['id', 'impactAmount', 'impactCurrency', 'seq', 'title'],
    ])
    const byTime = '{ anomalies(orderBy: {field: STARTED_AT}) { edges { cursor node { status } } } }'
    expect(await columnsRead('Anomaly', byTime)).toEqual([['seq', 'startedAt', 'status']])
    const events = '{ events { nodes { type lagSeconds } } }'
    expect(await columnsRead('StripeEvent', events)).toEqual([
      ['createdAt', 'receivedAt', 'stripeId', 'type'],
    ])
  })

  test('follows fragments, and takes what a directive may leave out as selected', async () => {
    const query = `query($no: Boolean!) { anomalies { nodes { ...Brief ... on Node { id } evidence @include(if: $no) { name } } } }
      fragment Brief on Anomaly { headline: title ...More }
      fragment More on Anomaly { note @skip(if: $no) }`
    expect(await columnsRead('Anomaly', query, { no: false })).toEqual([
      ['evidence', 'id', 'note', 'seq', 'title'],
    ])
  })

  test('of the anomalies related to one is what is selected of them', async () => {
    const query = '{ anomalies(first: 1) { nodes { title related { advice } } } }'
    expect(await columnsRead('Anomaly', query)).toEqual([['id', 'seq', 'title'], ['advice']])
  })

  test('has large columns only when they are asked for', async () => {
    const large = ['subjects', 'evidence', 'series']
    const read = async (fields: string) => {
      const [columns = []] = await columnsRead('Anomaly', `{ anomalies { nodes { ${fields} } } }`)
      return large.filter((column) => columns.includes(column))
    }
    expect(await read('id title message startedAt acknowledgedBy { name }')).toEqual([])
    expect(await read('subjects { stripeId }')).toEqual(['subjects'])
    expect(await read('evidence { name } series { at }')).toEqual(['evidence', 'series'])
  })

  test('is counted only when totalCount is selected', async () => {
    const counts = () => recorded.statements.filter((text) => text.includes('COUNT(*)'))
    await columnsRead('Anomaly', '{ anomalies { nodes { id } pageInfo { hasNextPage endCursor } } }')
    expect(counts()).toEqual([])
    await columnsRead('Anomaly', '{ anomalies { totalCount } }')
    expect(counts()).toHaveLength(1)
  })

  test('may be nothing but that there is a row', async () => {
    expect(await columnsRead('Anomaly', `{ anomaly(id: "${anomalyId}") { __typename } }`)).toEqual([['1']])
    expect(await data(served, tenant.key, `{ anomaly(id: "${anomalyId}") { __typename } }`)).toEqual({
      anomaly: { __typename: 'Anomaly' },
    })
    expect(await data(served, tenant.key, '{ anomaly(id: "anm_nobody") { __typename } }')).toEqual({
      anomaly: null,
    })
  })

  test('takes three statements: who asks, the head of the feed, the rows', async () => {
    await columnsRead('Anomaly', '{ anomalies { nodes { id title } pageInfo { hasNextPage } resumeCursor } }')
    expect(recorded.statements.map((text) => /FROM "(\w+)"/.exec(text)?.[1])).toEqual([
      'ApiKey',
      'Tenant',
      'Anomaly',
    ])
  })
})

describe('nodes', () => {
  test('of one kind are read by one statement, with what is selected of them', async () => {
    const ids = [anomalyId, eventId, anomalyId, 'anm_nobody']
    const query =
      'query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Anomaly { title } ... on StripeEvent { type } } }'
    expect(await columnsRead('Anomaly', query, { ids })).toEqual([['id', 'title']])
    expect(await columnsRead('StripeEvent', query, { ids })).toEqual([['stripeId', 'tenantId', 'type']])
    const { nodes } = (await data(served, tenant.key, query, { ids })) as { nodes: unknown[] }
    expect(nodes).toEqual([
      { id: anomalyId, title: 'Trouble' },
      { id: eventId, type: 'charge.failed' },
      { id: anomalyId, title: 'Trouble' },
      null,
    ])
  })
})

/** A selection of everything that a field has, two levels down. */
function selectionOf(type: GraphQLObjectType, levels: number): string {
  return Object.values(type.getFields())
    .map(({ name, type: of }) => {
      const named = getNamedType(of)
      if (isLeafType(named)) return name
      return isObjectType(named) && levels > 0 ? `${name} { ${selectionOf(named, levels - 1)} }` : ''
    })
    .join(' ')
}

/** A field that read a column which nobody selects with it would show something else alone than among all others. */
describe.each([
  ['Anomaly', () => anomalyId],
  ['StripeEvent', () => eventId],
])('each field of %s', (typename, idOf) => {
  const type = schema.getType(typename)
  const names = isObjectType(type) ? Object.keys(type.getFields()) : []

  test.each(names)('%s shows the same alone as with every column read', async (name) => {
    const field = isObjectType(type) ? type.getFields()[name] : undefined
    const named = field && getNamedType(field.type)
    const inner = isObjectType(named) ? ` { ${selectionOf(named, 1)} }` : ''
    const show = async (selection: string) => {
      const { node } = (await data(
        served,
        tenant.key,
        `query($id: ID!) { node(id: $id) { ... on ${typename} { ${selection} } } }`,
        { id: idOf() },
      )) as { node: Record<string, unknown> }
      return node[name]
    }
    const everything = names.filter((one) => {
      const of = isObjectType(type) && getNamedType(type.getFields()[one]?.type)
      return isLeafType(of) && one !== name
    })
    const columns =
      'impact { amount } subjects { type } evidence { name } series { at } acknowledgedBy { name } resolvedBy { name }'
    const alone = await show(`${name}${inner}`)
    expect(alone).toEqual(
      await show(
        `${name}${inner} ${everything.join(' ')} ${typename === 'Anomaly' ? columns.replace(new RegExp(`${name} {[^}]*}`), '') : ''}`,
      ),
    )
    expect(alone).not.toBeUndefined()
  })
})

test('an answer is the same however its rows were asked for', async () => {
  const fields =
    'id severity title impact { formatted } subjects { url } evidence { observed } startedAt endedAt'
  const ways = [
    `{ anomalies(first: 1, orderBy: {direction: ASC}) { nodes { ${fields} } } }`,
    `{ anomalies(last: 1) { edges { node { ${fields} } } } }`,
    `{ anomaly(id: "${anomalyId}") { ${fields} } }`,
    `{ nodes(ids: ["${anomalyId}"]) { ... on Anomaly { ${fields} } } }`,
  ]
  const rows = await Promise.all(
    ways.map(async (way) => {
      const answer = await ask(served, tenant.key, way)
      expect(answer.errors).toEqual([])
      return JSON.stringify(answer.data).match(/\{"id":"anm_.*?"endedAt":"[^"]*"\}/)?.[0]
    }),
  )
  expect(rows[0]).toContain(anomalyId)
  expect(new Set(rows).size).toBe(1)
})
