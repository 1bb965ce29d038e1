import { describe, expect, onTestFinished, test, vi } from 'vitest'
import WebSocket from 'ws'
import type { MakeQuota } from '../../src/limits/quota.ts'
import { redisQuotas } from '../../src/limits/redis-quota.ts'
import { startServer, makeTenant as tenantOf } from '../support/app.ts'
import { emptyDatabase, testDatabase } from '../support/database.ts'
import { DETECTED, SOON, untilLive } from '../support/feed.ts'
import { ask, connect, listen, makeTenant, serveGraphql } from '../support/graphql.ts'
import { connectRedis, redisAt } from '../support/redis.ts'

const redis = await connectRedis()
if (!redis) process.stderr.write('No Redis answers: the tests of quotas over two servers are skipped.\n')

/** A socket of its own: its close code, or `open` once the server has taken its credentials. */
function openSocket(url: string, key: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  const payload = { authorization: `Bearer ${key}` }
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })))
  const became = new Promise<number | 'open'>((resolve, reject) => {
    socket.on('message', () => resolve('open'))
    socket.on('close', resolve)
    socket.on('error', reject)
  })
  return { socket, became }
}

describe.skipIf(!redis)('two servers with one Redis', () => {
  const serve = async (
    database: Awaited<ReturnType<typeof testDatabase>>,
    most: { sockets?: number; subscriptions?: number; previews?: number },
  ) => {
    const quotas = redisQuotas(redis ?? redisAt())
    // As many as a test can open.
    const quota: MakeQuota = (what, usual) => quotas.quota(what, most[what] ?? usual)
    const served = await serveGraphql(database, { quota })
    onTestFinished(async () => {
      await served.stop()
      quotas.close()
    })
    return served
  }

  test('let a tenant have so many sockets between them, and another its own', async () => {
    const database = await testDatabase()
    const [one, two] = [await serve(database, { sockets: 2 }), await serve(database, { sockets: 2 })]
    const [tenant, other] = [await makeTenant(database), await makeTenant(database)]
    const first = openSocket(one.url, tenant.key)
    expect([await first.became, await openSocket(two.url, tenant.key).became]).toEqual(['open', 'open'])
    for (const { url } of [one, two]) expect(await openSocket(url, tenant.key).became).toBe(1013)
    expect(await openSocket(two.url, other.key).became).toBe('open')
    first.socket.close()
    await vi.waitFor(async () => expect(await openSocket(two.url, tenant.key).became).toBe('open'), SOON)
  })

  test('let a tenant have so many subscriptions between them', async () => {
    const database = await testDatabase()
    const [one, two] = [
      await serve(database, { subscriptions: 1 }),
      await serve(database, { subscriptions: 1 }),
    ]
    const tenant = await makeTenant(database)
    const heard = listen(connect(one, tenant.key), DETECTED)
    await untilLive(database, one, tenant.id, () => heard.received.length)
    const refused = listen(connect(two, tenant.key), DETECTED)
    await refused.done
    expect(refused.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    const stream = await ask(two, tenant.key, DETECTED)
    expect(stream.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    heard.stop()
    await vi.waitFor(
      async () => expect(await redis?.exists(`billingwatch:open:subscriptions:${tenant.id}`)).toBe(0),
      SOON,
    )
    const next = listen(connect(two, tenant.key), DETECTED)
    await untilLive(database, two, tenant.id, () => next.received.length)
  })

  test('count together by REDIS_URL alone, and give back what they had when they stop', async () => {
    const databaseUrl = await emptyDatabase()
    const over = { REDIS_URL: 'redis://127.0.0.1:6379' }
    const [one, two] = [await startServer(databaseUrl, over), await startServer(databaseUrl, over)]
    const tenant = await tenantOf(one, databaseUrl)
    for (const { url } of [one, one, two]) expect(await openSocket(url, tenant.key).became).toBe('open')
    const counts = async () => {
      const told = (await redis?.hvals(`billingwatch:open:sockets:${tenant.id}`)) ?? []
      return told.map((count) => count.split(' ')[0]).sort()
    }
    expect(await counts()).toEqual(['1', '2'])
    await one.close()
    await vi.waitFor(async () => expect(await counts()).toEqual(['1']), SOON)
  })
})
