import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Context } from '../../src/graphql/context.ts'
import { schema } from '../../src/graphql/schema.ts'
import { raise } from '../support/anomalies.ts'
import { DETECTED, idsOf, resumeCursor, SOON } from '../support/feed.ts'
import {
  connect,
  data,
  type Json,
  keyOf,
  type Listening,
  listen,
  makeTenant,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'
import { introduced } from '../support/raw-socket.ts'

function fieldOf(name: string) {
  const field = schema.getSubscriptionType()?.getFields()[name]
  if (!field) throw new Error(`there is no ${name}`)
  return field
}

const { database, served } = await testApi()

/** For what many clients in this process wait for. */
const MANY = { ...SOON, timeout: 60_000 }

/** The contexts of the executions since the last look: each calls the root field once. */
const executed: Context[] = []

beforeEach(() => {
  const field = fieldOf('anomalyDetected')
  const resolve = field.resolve
  field.resolve = (...args) => {
    executed.push(args[2])
    return resolve?.(...args)
  }
  onTestFinished(() => void Object.assign(field, { resolve }))
})

/** Raises an anomaly and waits until all have it. @returns its id */
async function push(tenant: TestTenant, subscribers: readonly Listening[]): Promise<string> {
  const id = await raise(database, tenant.id)
  served.bus.publish(`feed:${tenant.id}`)
  await vi.waitFor(() => {
    for (const subscriber of subscribers) expect(idsOf(subscriber)).toContain(id)
  }, MANY)
  return id
}

/** As many subscribers, live, that share nothing but what is said. */
async function subscribers(
  tenant: TestTenant,
  count: number,
  {
    key = tenant.key,
    query = DETECTED,
    variables = {},
  }: { key?: string; query?: string; variables?: Json } = {},
): Promise<Listening[]> {
  const after = await resumeCursor(served, tenant.key)
  await raise(database, tenant.id)
  served.bus.publish(`feed:${tenant.id}`)
  const all = Array.from({ length: count }, () =>
    listen(connect(served, key), query, { after, ...variables }),
  )
  await vi.waitFor(() => {
    for (const { received } of all) expect(received).toHaveLength(1)
  }, MANY)
  executed.splice(0)
  return all
}

describe('one push', () => {
  test('is executed once for a hundred subscribers with the same operation', async () => {
    const tenant = await makeTenant(database)
    const all = await subscribers(tenant, 100)
    const id = await push(tenant, all)
    expect(executed).toHaveLength(1)
    for (const one of all) expect(idsOf(one).filter((known) => known === id)).toHaveLength(1)
  })

  test('is executed once for those who began at different cursors', async () => {
    const tenant = await makeTenant(database)
    const all = [...(await subscribers(tenant, 2)), ...(await subscribers(tenant, 2))]
    await push(tenant, all)
    expect(executed).toHaveLength(1)
  })

  test('is executed as many times as there are roles, operations and variables, whoever shares them', async () => {
    const tenant = await makeTenant(database)
    const { key } = await keyOf(database, tenant, 'VIEWER')
    const other = DETECTED.replace('status', 'severity')
    const filtered = { filter: { severities: ['MEDIUM'] } }
    const all = [
      ...(await subscribers(tenant, 3)),
      ...(await subscribers(tenant, 3, { key })),
      ...(await subscribers(tenant, 3, { query: other })),
      ...(await subscribers(tenant, 3, { variables: filtered })),
    ]
    await push(tenant, all)
    expect(executed).toHaveLength(4)
    const roles = executed.map(({ caller }) => caller.role)
    expect(roles.toSorted()).toEqual(['ADMIN', 'ADMIN', 'ADMIN', 'VIEWER'])
  })

  test('keeps two keys of one role together, and nothing of either is left in what is executed', async () => {
    const tenant = await makeTenant(database)
    const { key } = await keyOf(database, tenant, 'ADMIN')
    const all = [...(await subscribers(tenant, 1)), ...(await subscribers(tenant, 1, { key }))]
    await push(tenant, all)
    const [only, ...others] = executed
    expect(others).toEqual([])
    expect(only?.caller).toMatchObject({ keyId: undefined, actor: { kind: 'SYSTEM' } })
  })

  test('of one tenant is never seen by another with the same operation', async () => {
    const [mine, theirs] = [await makeTenant(database), await makeTenant(database)]
    const [my, their] = [await subscribers(mine, 2), await subscribers(theirs, 2)]
    const [first, second] = [await push(mine, my), await push(theirs, their)]
    expect(executed.map(({ scope }) => scope?.tenantId)).toEqual([mine.id, theirs.id])
    for (const one of my) expect(idsOf(one)).not.toContain(second)
    for (const one of their) expect(idsOf(one)).not.toContain(first)
  })
})

test('a token that has expired gets nothing more, though its peer does not answer the closing', async () => {
  const tenant = await makeTenant(database)
  const { createAccessToken } = (await data(
    served,
    tenant.key,
    'mutation { createAccessToken(input: {ttlSeconds: 8, role: VIEWER, subject: "Ada"}) { token } }',
  )) as { createAccessToken: { token: string } }
  const expiring = await introduced(served, createAccessToken.token)
  const after = await resumeCursor(served, tenant.key)
  expiring.send({ id: 'a', type: 'subscribe', payload: { query: DETECTED, variables: { after } } })
  await raise(database, tenant.id)
  served.bus.publish(`feed:${tenant.id}`)
  await expiring.next('next')
  expiring.socket.pause()
  const lasting = await subscribers(tenant, 1)
  // A push is executed for the VIEWER too until its token expires, and then for the ADMIN only.
  const last = await vi.waitFor(async () => {
    executed.splice(0)
    const id = await push(tenant, lasting)
    expect(executed).toHaveLength(1)
    return id
  }, MANY)
  expiring.socket.resume()
  expect(await expiring.closed).toBe(4403)
  expect(JSON.stringify(expiring.received)).not.toContain(last)
})
