import { randomUUID } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { raise } from '../support/anomalies.ts'
import { DETECTED, resumeCursor, SOON } from '../support/feed.ts'
import {
  connect,
  data,
  type Json,
  keyOf,
  listen,
  makeTenant,
  type Served,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi()

describe('server-sent events', () => {
  /** The events of a stream, growing as they come. */
  function stream(at: Served, key: string, query: string, variables: Json = {}) {
    const events: { event: string; data: string }[] = []
    let ended = false
    let taking: IncomingMessage | undefined
    const outgoing = request(
      `${at.url}/graphql`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${key}`,
        },
      },
      (response) => {
        taking = response
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          const parts = text.split('\n\n')
          text = parts.pop() ?? ''
          for (const part of parts) {
            const [, event] = /^event: (.*)$/m.exec(part) ?? []
            const [, content] = /^data: ?(.*)$/m.exec(part) ?? []
            if (event !== undefined) events.push({ event, data: content ?? '' })
          }
        })
        response.on('close', () => {
          ended = true
        })
      },
    )
    outgoing.on('error', () => {
      ended = true
    })
    outgoing.end(JSON.stringify({ query, variables }))
    onTestFinished(() => void outgoing.destroy())
    return { events, ended: () => ended, pause: () => taking?.pause(), resume: () => taking?.resume() }
  }

  test('carry a backlog and then what is live', async () => {
    const tenant = await makeTenant(database)
    const after = await resumeCursor(served, tenant.key)
    const missed = await raise(database, tenant.id)
    const { events } = stream(served, tenant.key, DETECTED, { after })
    await vi.waitFor(() => expect(events.map(({ data }) => data).join()).toContain(missed), SOON)
    const live = await raise(database, tenant.id)
    served.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(() => expect(events.map(({ data }) => data).join()).toContain(live), SOON)
    expect(events.every(({ event }) => event === 'next')).toBe(true)
  })

  test('are executed and serialized together with the same operation on a socket', async () => {
    const tenant = await makeTenant(database)
    const after = await resumeCursor(served, tenant.key)
    const { events } = stream(served, tenant.key, DETECTED, { after })
    const socket = listen(connect(served, tenant.key), DETECTED, { after })
    const push = async () => {
      const title = `pushed ${randomUUID()}`
      await raise(database, tenant.id, { title })
      served.bus.publish(`feed:${tenant.id}`)
      await vi.waitFor(() => {
        expect(JSON.stringify(socket.received)).toContain(title)
        expect(events.at(-1)?.data).toContain(title)
      }, SOON)
      return title
    }
    await push()
    const stringify = vi.spyOn(JSON, 'stringify')
    const title = await push()
    const ofPush = stringify.mock.results.filter(
      ({ value }) => typeof value === 'string' && value.startsWith('{"data":') && value.includes(title),
    )
    expect(ofPush).toHaveLength(1)
  })

  test('that are not taken hold nobody else up, and are complete when they are', async () => {
    const tenant = await makeTenant(database)
    const after = await resumeCursor(served, tenant.key)
    const query =
      'subscription($after: String) { anomalyDetected(after: $after) { cursor node { id message } } }'
    const slow = stream(served, tenant.key, query, { after })
    const quick = listen(connect(served, tenant.key), query, { after })
    const pushed: string[] = []
    const push = async (message: string) => {
      pushed.push(await raise(database, tenant.id, { message }))
      served.bus.publish(`feed:${tenant.id}`)
      await vi.waitFor(() => expect(quick.received).toHaveLength(pushed.length), SOON)
    }
    await push('before')
    await vi.waitFor(() => expect(slow.events).toHaveLength(1), SOON)
    slow.pause()
    // More than the system's own buffers between the two ends hold.
    for (let n = 0; n < 24; n++) await push('x'.repeat(1_000_000))
    expect(slow.events.length).toBeLessThan(pushed.length)
    slow.resume()
    await vi.waitFor(() => expect(slow.events).toHaveLength(pushed.length), SOON)
    const ids = slow.events.map(({ data }) => JSON.parse(data).data.anomalyDetected.node.id)
    expect(ids).toEqual(pushed)
  }, 60_000)

  test('end with the code and then complete when the key is revoked', async () => {
    const tenant = await makeTenant(database)
    const { id, key } = await keyOf(database, tenant, 'VIEWER')
    const after = await resumeCursor(served, tenant.key)
    await raise(database, tenant.id)
    const { events } = stream(served, key, DETECTED, { after })
    await vi.waitFor(() => expect(events).toHaveLength(1), SOON)
    await data(
      served,
      tenant.key,
      'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }',
      { id },
    )
    await vi.waitFor(() => expect(events.at(-1)?.event).toBe('complete'), SOON)
    expect(events.at(-2)?.event).toBe('next')
    expect(JSON.parse(events.at(-2)?.data ?? '')).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  test('are cut without an end while the server drains, so that clients reconnect, and so are new ones', async () => {
    const draining = await serveGraphql(database)
    const tenant = await makeTenant(database)
    const after = await resumeCursor(draining, tenant.key)
    await raise(database, tenant.id)
    const { events, ended } = stream(draining, tenant.key, DETECTED, { after })
    await vi.waitFor(() => expect(events).toHaveLength(1), SOON)
    const drained = draining.drain()
    await vi.waitFor(() => expect(ended()).toBe(true), SOON)
    expect(events.map(({ event }) => event)).toEqual(['next'])
    await drained
    const late = stream(draining, tenant.key, DETECTED, { after })
    await vi.waitFor(() => expect(late.ended()).toBe(true), SOON)
    expect(late.events).toEqual([])
    await draining.stop()
  })
})
