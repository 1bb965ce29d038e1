import { describe, expect, test } from 'vitest'
import { raise } from '../support/anomalies.ts'
import { ADMIN_KEY, data, keyOf, makeTenant, testApi } from '../support/graphql.ts'

interface Page {
  nodes: { id: string }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
}

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
const tenant = await makeTenant(database, 'Lists 1')
await makeTenant(database, 'Lists 2')
await makeTenant(database, 'Lists 3')
const anomaly = await raise(database, tenant.id)
for (let time = 0; time < 3; time++) await keyOf(database, tenant, 'VIEWER')
for (const name of ['acknowledgeAnomaly', 'reopenAnomaly', 'resolveAnomaly'])
  await data(served, tenant.key, `mutation { ${name}(input: {id: "${anomaly}"}) { anomaly { id } } }`)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** The page in an answer, however deep it lies. */
function pageIn(answer: unknown): Page {
  if (!isRecord(answer)) throw new Error('no page')
  return isPage(answer) ? answer : pageIn(Object.values(answer)[0])
}

const isPage = (value: unknown): value is Page => isRecord(value) && 'pageInfo' in value

const LISTS: [name: string, key: string, query: (list: string) => string, field: string][] = [
  ['tenants', ADMIN_KEY, (list) => `{ ${list} }`, 'tenants(search: "Lists", ARGS)'],
  ['a tenant’s keys', tenant.key, (list) => `{ tenant { ${list} } }`, 'apiKeys(ARGS)'],
  ['activity', tenant.key, (list) => `{ ${list} }`, 'activity(ARGS)'],
  [
    'the history of an anomaly',
    tenant.key,
    (list) => `{ anomaly(id: "${anomaly}") { ${list} } }`,
    'activity(ARGS)',
  ],
]

describe('a list', () => {
  test.each(LISTS)('of %s is the same from its end as from its start', async (_name, key, query, field) => {
    const read = async (args: string) => {
      const list = `${field.replace('ARGS', args)} { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
      return pageIn(await data(served, key, query(list)))
    }
    const forward: string[] = []
    for (let after = ''; ; ) {
      const page = await read(`first: 2${after}`)
      forward.push(...page.nodes.map(({ id }) => id))
      if (!page.pageInfo.hasNextPage) break
      after = `, after: "${page.pageInfo.endCursor}"`
    }
    const backward: string[] = []
    for (let before = ''; ; ) {
      const page = await read(`last: 2${before}`)
      backward.unshift(...page.nodes.map(({ id }) => id))
      if (!page.pageInfo.hasPreviousPage) break
      before = `, before: "${page.pageInfo.startCursor}"`
    }
    expect(forward.length).toBeGreaterThan(2)
    expect(backward).toEqual(forward)
  })
})
