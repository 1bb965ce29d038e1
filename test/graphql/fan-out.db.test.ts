import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { newId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { SOON } from '../support/feed.ts'
import { type Json, keyOf, makeTenant, serveGraphql, type TestTenant, testApi } from '../support/graphql.ts'
import { introduced, type RawSocket } from '../support/raw-socket.ts'
import { eventRow } from '../support/rows.ts'

const { database, served } = await testApi()

const store = async ({ id, endpointId }: TestTenant, payload: string) => {
  const row = { ...eventRow(id, endpointId, `evt_${newId('evn')}`), receivedAt: new Date() }
  await scopeTo(database, id).db.stripeEvent.create({ data: { ...row, payload: Buffer.from(payload) } })
  return row.stripeId
}

const PAYLOAD = 'subscription { eventReceived { stripeId payload } }'

const subscribe = (socket: RawSocket, id: string, query: string) =>
  socket.send({ id, type: 'subscribe', payload: { query } })

const nextOf = ({ received }: RawSocket, id: string): Json[] =>
  received.filter((message) => message['type'] === 'next' && message['id'] === id)

/** Stores events until every socket is known to listen. */
async function untilAll(tenant: TestTenant, at: typeof served, sockets: readonly RawSocket[], id = 'a') {
  await vi.waitFor(async () => {
    await store(tenant, '{}')
    at.bus.publish(`events:${tenant.id}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const socket of sockets) expect(nextOf(socket, id).length).toBeGreaterThan(0)
  }, SOON)
}

describe('an event for many subscribers', () => {
  test('is parsed once and written once, and each gets it under its own id', async () => {
    const tenant = await makeTenant(database)
    const sockets = await Promise.all(Array.from({ length: 20 }, () => introduced(served, tenant.key)))
    for (const [n, socket] of sockets.entries()) subscribe(socket, n % 2 ? 'a' : 'b', PAYLOAD)
    await untilAll(
      tenant,
      served,
      sockets.filter((_, n) => n % 2 === 1),
    )
    await untilAll(
      tenant,
      served,
      sockets.filter((_, n) => n % 2 === 0),
      'b',
    )

    const mark = newId('evn')
    const body = JSON.stringify({ mark, text: 'ü'.repeat(100_000) })
    const parse = vi.spyOn(JSON, 'parse')
    const stringify = vi.spyOn(JSON, 'stringify')
    const stripeId = await store(tenant, body)
    served.bus.publish(`events:${tenant.id}`)
    const last = (socket: RawSocket, id: string) => nextOf(socket, id).at(-1)?.['payload']
    await vi.waitFor(() => {
      for (const [n, socket] of sockets.entries())
        expect(last(socket, n % 2 ? 'a' : 'b')).toEqual({
          data: { eventReceived: { stripeId, payload: JSON.parse(body) } },
        })
    }, SOON)
    const isOfBody = (text: unknown) => typeof text === 'string' && text.includes(mark)
    expect(
      stringify.mock.results.filter(({ value }) => isOfBody(value) && value.includes('eventReceived')),
    ).toHaveLength(1)
    // The test itself parses it as well, from its own text.
    expect(
      parse.mock.calls.filter(([text]) => text !== body && isOfBody(text) && !text.includes('eventReceived')),
    ).toHaveLength(0)
    parse.mockRestore()
    stringify.mockRestore()
  })

  test('is shown to each by its own rights, whatever others see of it', async () => {
    const tenant = await makeTenant(database)
    const viewer = await keyOf(database, tenant, 'VIEWER')
    const member = await keyOf(database, tenant, 'MEMBER')
    const [low, high] = [await introduced(served, viewer.key), await introduced(served, member.key)]
    for (const socket of [high, low]) subscribe(socket, 'a', PAYLOAD)
    await untilAll(tenant, served, [low, high])
    await store(tenant, '{"secret":"of members"}')
    served.bus.publish(`events:${tenant.id}`)
    await vi.waitFor(() => expect(JSON.stringify(high.received)).toContain('of members'), SOON)
    await vi.waitFor(() => expect(nextOf(low, 'a').length).toBe(nextOf(high, 'a').length), SOON)
    expect(JSON.stringify(low.received)).not.toContain('of members')
    expect(nextOf(low, 'a').at(-1)).toMatchObject({
      payload: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    })
  })

  test('carries errors under the request id of each, the same as in everything that the operation is sent', async () => {
    const tenant = await makeTenant(database)
    const viewer = await keyOf(database, tenant, 'VIEWER')
    const sockets = [await introduced(served, viewer.key), await introduced(served, viewer.key)]
    for (const socket of sockets) subscribe(socket, 'a', PAYLOAD)
    await untilAll(tenant, served, sockets)
    await untilAll(tenant, served, sockets)
    const requestIds = sockets.map((socket) => {
      const texts = nextOf(socket, 'a').map((message) => JSON.stringify(message))
      return [...new Set(texts.map((text) => /"requestId":"([^"]+)"/.exec(text)?.[1]))]
    })
    expect(requestIds).toEqual([[expect.any(String)], [expect.any(String)]])
    expect(requestIds[0]).not.toEqual(requestIds[1])
  })

  test('is told by variables, not by text alone', async () => {
    const tenant = await makeTenant(database)
    const socket = await introduced(served, tenant.key)
    const query = 'subscription($with: Boolean!) { eventReceived { stripeId type @include(if: $with) } }'
    for (const [id, given] of [
      ['a', true],
      ['b', false],
    ] as const)
      socket.send({ id, type: 'subscribe', payload: { query, variables: { with: given } } })
    await untilAll(tenant, served, [socket])
    await untilAll(tenant, served, [socket], 'b')
    const keys = (id: string) =>
      Object.keys(Object(Object(nextOf(socket, id).at(-1)?.['payload'])['data'])['eventReceived'])
    expect([keys('a'), keys('b')]).toEqual([['stripeId', 'type'], ['stripeId']])
  })

  test('leaves no room for an id that looks like what is sent', async () => {
    const tenant = await makeTenant(database)
    const socket = await introduced(served, tenant.key)
    const id = '","payload":"00000000-0000-4000-8000-000000000000"}'
    subscribe(socket, id, PAYLOAD)
    await untilAll(tenant, served, [socket], id)
    expect(nextOf(socket, id)[0]).toMatchObject({ id, payload: { data: { eventReceived: { payload: {} } } } })
  })
})

test('a client whose tenant has too much unsent is sent away with 1013, others go on', async () => {
  const small = await serveGraphql(database, { unsent: { perTenant: 300_000, total: 1_000_000 } })
  onTestFinished(() => small.stop())
  const [loud, quiet] = [await makeTenant(database, 'Loud'), await makeTenant(database, 'Quiet')]
  const deaf = await introduced(small, loud.key)
  const heard = await introduced(small, quiet.key)
  for (const socket of [deaf, heard]) subscribe(socket, 'a', PAYLOAD)
  await untilAll(loud, small, [deaf])
  await untilAll(quiet, small, [heard])
  await store(loud, JSON.stringify({ text: 'x'.repeat(400_000) }))
  small.bus.publish(`events:${loud.id}`)
  expect(await deaf.closed).toBe(1013)
  const before = nextOf(heard, 'a').length
  await store(quiet, '{}')
  small.bus.publish(`events:${quiet.id}`)
  await vi.waitFor(() => expect(nextOf(heard, 'a').length).toBeGreaterThan(before), SOON)
})
