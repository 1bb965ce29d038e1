import { connect } from 'node:net'
import { expect, it, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { eventBody, freshId, NOW, sign, startIngest } from './harness.ts'

const MIB = 1024 * 1024
const database = await testDatabase()
const ingest = await startIngest(database)

/** An event of exactly so many bytes. */
const sized = (id: string, bytes: number): string => {
  const body = eventBody(id)
  return body + ' '.repeat(bytes - body.length)
}

const request = (token: string, headers: string[]): string =>
  [`POST /webhook/${token} HTTP/1.1`, 'host: localhost', ...headers, '', ''].join('\r\n')

const answered = (received: string): boolean => received.includes('}')

it('takes a body of 1 MiB and refuses one of a byte more', async () => {
  const tenant = await ingest.tenant()
  const id = freshId()
  expect((await ingest.deliver(tenant, sized(id, MIB))).status).toBe(200)
  const over = await ingest.deliver(tenant, sized(freshId(), MIB + 1))
  expect(over.status).toBe(413)
  expect(over.body).toHaveProperty('error.code', 'PAYLOAD_TOO_LARGE')
  expect(await ingest.stored(tenant.tenantId)).toEqual([{ stripeId: id, status: 'PENDING' }])
})

it('measures a chunked body as it comes', async () => {
  const tenant = await ingest.tenant()
  const stream = (body: string) =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 50_000)
          controller.enqueue(new TextEncoder().encode(body.slice(at, at + 50_000)))
        controller.close()
      },
    })
  const send = (body: string) =>
    ingest.post(tenant.token, '', undefined, {
      body: stream(body),
      headers: { 'stripe-signature': sign(body, tenant.secret, NOW) },
      ...{ duplex: 'half' },
    })
  expect((await send(sized(freshId(), 300_000))).status).toBe(200)
  expect((await send(sized(freshId(), MIB + 1))).status).toBe(413)
})

it('joins a body that arrives byte by byte, also in the middle of a character', async () => {
  const tenant = await ingest.tenant()
  const id = freshId()
  const body = Buffer.from(eventBody(id, { data: { object: { id: 'ch_ü', name: '日本 🎌' } } }))
  const received = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(ingest.server.base).port), '127.0.0.1')
    socket.setNoDelay(true)
    socket.write(
      request(tenant.token, [
        `stripe-signature: ${sign(body, tenant.secret, NOW)}`,
        `content-length: ${body.length}`,
      ]),
    )
    for (const byte of body) socket.write(Buffer.from([byte]))
    socket.on('data', (chunk) => {
      socket.destroy()
      resolve(chunk.toString())
    })
  })
  expect(received).toContain('{"received":true,"duplicate":false}')
  const row = await database.prisma.stripeEvent.findFirstOrThrow({
    where: { tenantId: tenant.tenantId, stripeId: id },
  })
  expect(Buffer.from(row.payload ?? [])).toEqual(body)
  expect(row.objectId).toBe('ch_ü')
})

it('cuts a sender off whose body has no end, after it has been answered', async () => {
  const tenant = await ingest.tenant()
  const received = await ingest.server.raw(
    `${request(tenant.token, [`content-length: ${100 * MIB}`])}${'x'.repeat(9 * MIB)}`,
    answered,
  )
  expect(received).toMatch(/^HTTP\/1.1 413 /)
  expect(received).toMatch(/connection: close/i)
})

it('stores nothing of an upload that breaks off, and counts it', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const before = await ingest.counted('aborted')
  const socket = connect(Number(new URL(ingest.server.base).port), '127.0.0.1')
  socket.write(
    request(tenant.token, [
      `stripe-signature: ${sign(body, tenant.secret, NOW)}`,
      `content-length: ${body.length}`,
    ]) + body.slice(0, -1),
    () => socket.resetAndDestroy(),
  )
  await vi.waitFor(async () => expect(await ingest.counted('aborted')).toBe(before + 1))
  expect(await ingest.stored(tenant.tenantId)).toEqual([])
  expect((await ingest.deliver(tenant, body)).status).toBe(200)
})

it('refuses two lengths in one request, which proxies and servers could read differently', async () => {
  const tenant = await ingest.tenant()
  for (const headers of [
    ['content-length: 4', 'transfer-encoding: chunked'],
    ['content-length: 4', 'content-length: 5'],
  ]) {
    const received = await ingest.server.raw(`${request(tenant.token, headers)}abcd`, answered)
    expect(received).toMatch(/^HTTP\/1.1 400 /)
  }
})

it('bounds the bytes of all unverified bodies together, and has them back afterwards', async () => {
  const narrow = await startIngest(database, { bodyLimits: { each: MIB, total: 100_000, share: 100_000 } })
  const tenant = await narrow.tenant()
  const port = Number(new URL(narrow.server.base).port)
  const hog = connect(port, '127.0.0.1')
  hog.write(`${request(tenant.token, ['content-length: 90001'])}${'x'.repeat(90_000)}`)

  const medium = () => narrow.deliver(tenant, sized(freshId(), 20_000))
  await vi.waitFor(async () => expect((await medium()).status).toBe(503))
  const refused = await medium()
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(refused.body).toHaveProperty('error.code', 'UNAVAILABLE')
  // A small one still fits beside the hog.
  expect((await narrow.deliver(tenant, eventBody(freshId()))).status).toBe(200)

  hog.destroy()
  await vi.waitFor(async () => expect((await medium()).status).toBe(200))
  // Far more than the bound, one after the other: what was answered is not held any more.
  for (let n = 0; n < 10; n += 1) expect((await medium()).status).toBe(200)
})

it.each(['nobody', 'another tenant'])(
  'takes deliveries while senders who claim to be of %s hold back the rest of theirs',
  async (whose) => {
    const narrow = await startIngest(database, { bodyLimits: { each: MIB, total: 200_000, share: 100_000 } })
    const [tenant, slow] = [await narrow.tenant(), await narrow.tenant()]
    const token = whose === 'nobody' ? 'x'.repeat(32) : slow.token
    const slowly = () => narrow.post(token, sized(freshId(), 20_000), undefined)
    const hogs = Array.from({ length: 9 }, () => {
      const hog = connect(Number(new URL(narrow.server.base).port), '127.0.0.1')
      hog.write(`${request(token, ['content-length: 90001'])}${'x'.repeat(30_000)}`)
      return hog
    })
    await vi.waitFor(async () => expect((await slowly()).status).toBe(503))
    expect((await narrow.deliver(tenant, sized(freshId(), 60_000))).status).toBe(200)
    for (const hog of hogs) hog.destroy()
    await vi.waitFor(async () => expect((await slowly()).status).not.toBe(503))
  },
)
