import { randomBytes } from 'node:crypto'
import { connect as netConnect, type Socket } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { DETECTED, SOON, untilLive } from '../support/feed.ts'
import {
  connect,
  type Json,
  listen,
  makeTenant,
  type Served,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'
import { introduced, rawSocket } from '../support/raw-socket.ts'

// A client that speaks graphql-transport-ws badly on purpose. Each gets the answer of the protocol.

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
const tenant = await makeTenant(database)

// Whatever was done to it, the server serves the next one.
afterEach(async () => {
  const heard = listen(connect(served, tenant.key), '{ viewer { role } }')
  await heard.done
  expect(heard.received).toEqual([{ viewer: { role: 'ADMIN' } }])
})

const init = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${tenant.key}` } })
const subscribe = (id: unknown, query = DETECTED): Json => ({ type: 'subscribe', id, payload: { query } })

describe('before it has said who it is, a socket', () => {
  test.each<[string, number, (Json | string | Buffer)[]]>([
    ['that subscribes', 4401, [subscribe('1', '{ viewer { role } }')]],
    ['that sends no JSON', 4400, ['not json']],
    ['that sends an empty message', 4400, ['']],
    ['that sends bytes', 4400, [randomBytes(64)]],
    ['that sends a list', 4400, ['[]']],
    ['that sends null', 4400, ['null']],
    ['that sends a number', 4400, ['7']],
    ['that sends no type', 4400, ['{}']],
    ['that sends a type that is none', 4400, [{ type: 'start' }]],
    ["that sends the server's own messages", 4400, [{ type: 'connection_ack', payload: [] }]],
    ['whose init is a text', 4400, [{ type: 'connection_init', payload: 'x' }]],
    ['whose init is a list', 4400, [{ type: 'connection_init', payload: ['x'] }]],
    ['whose init has nothing in it', 4401, [{ type: 'connection_init', payload: {} }]],
    [
      'whose init touches a prototype',
      4401,
      ['{"type":"connection_init","payload":{"__proto__":{"authorization":"x"}}}'],
    ],
    ['that sends one message that is too large', 1009, ['x'.repeat(300_000)]],
    ['that nests without end', 4400, ['['.repeat(60_000)]],
  ])('%s is closed with %i', async (_name, code, messages) => {
    const raw = await rawSocket(served)
    raw.send(...messages)
    expect(await raw.closed).toBe(code)
    expect(Object.hasOwn(Object.prototype, 'authorization')).toBe(false)
  })

  test('that says nothing at all is closed with 4408', async () => {
    const raw = await rawSocket(served)
    expect(await raw.closed).toBe(4408)
  })

  test.each([[[]], [['graphql-ws']], [['soap', 'mqtt']]])(
    'that speaks %j is not spoken to',
    async (protocols) => {
      const raw = await rawSocket(served, { protocols, open: false })
      // A client that finds none of its own chosen breaks off by itself; who named none is told.
      expect(await raw.closed).toBe(protocols.length === 0 ? 4406 : 1006)
      expect(raw.received).toEqual([])
    },
  )

  test('is asked for a pong, gives one, and stays', async () => {
    const raw = await rawSocket(served)
    raw.send({ type: 'pong' }, { type: 'ping', payload: { n: 1 } })
    expect(await raw.next('pong')).toEqual({ type: 'pong', payload: { n: 1 } })
    raw.send(init())
    expect(await raw.next('connection_ack')).toBeDefined()
  })
})

describe('once it is taken, a socket', () => {
  test.each<[string, number, () => (Json | string | Buffer)[]]>([
    ['that says it twice', 4429, () => [init()]],
    ['that uses an id twice', 4409, () => [subscribe('1'), subscribe('1')]],
    ['that sends no JSON', 4400, () => ['{"type":']],
    ['that sends bytes', 4400, () => [randomBytes(64)]],
    ['whose id is a number', 4400, () => [subscribe(7)]],
    ['whose id is empty', 4400, () => [subscribe('')]],
    ['without an id', 4400, () => [{ type: 'subscribe', payload: { query: DETECTED } }]],
    ['without a payload', 4400, () => [{ type: 'subscribe', id: '1' }]],
    ['without a query', 4400, () => [{ type: 'subscribe', id: '1', payload: {} }]],
    ['whose query is a list', 4400, () => [{ type: 'subscribe', id: '1', payload: { query: [DETECTED] } }]],
    [
      'whose variables are text',
      4400,
      () => [{ type: 'subscribe', id: '1', payload: { query: DETECTED, variables: 'x' } }],
    ],
    ["that sends the server's messages", 4400, () => [{ type: 'next', id: '1' }]],
    ['that sends one message that is too large', 1009, () => [subscribe('1', 'x'.repeat(300_000))]],
  ])('%s is closed with %i', async (_name, code, messages) => {
    const raw = await introduced(served, tenant.key)
    raw.send(...messages())
    expect(await raw.closed).toBe(code)
  })

  test('may use an id again when the first is over, and end what never was', async () => {
    const raw = await introduced(served, tenant.key)
    raw.send({ type: 'complete', id: 'nothing' })
    for (let round = 0; round < 3; round++) {
      raw.received.length = 0
      raw.send(subscribe('same', '{ viewer { role } }'))
      await raw.next('complete', 'same')
    }
  })

  test('is told of a document that is none by an error of its operation, and stays', async () => {
    const raw = await introduced(served, tenant.key)
    raw.send(subscribe('1', '{'), subscribe('2', '{ viewer { role } }'))
    expect(await raw.next('error', '1')).toMatchObject({
      payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    })
    expect(await raw.next('next', '2')).toMatchObject({ payload: { data: { viewer: { role: 'ADMIN' } } } })
  })

  test('has at most a hundred operations', async () => {
    const raw = await introduced(served, tenant.key)
    for (let n = 0; n < 101; n++) raw.send(subscribe(`s${n}`))
    expect(await raw.next('error', 's100')).toMatchObject({
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    })
    expect(raw.socket.readyState).toBe(raw.socket.OPEN)
  }, 60_000)

  test('that vanishes while it is answered takes nobody along', async () => {
    const other = listen(connect(served, tenant.key), DETECTED)
    for (let n = 0; n < 10; n++) {
      const raw = await introduced(served, tenant.key)
      raw.send(subscribe('1'), subscribe('2', '{ anomalies { nodes { id title } } }'))
      raw.socket.terminate()
    }
    await untilLive(database, served, tenant.id, () => other.received.length)
  })
})

describe('below the protocol, a peer', () => {
  /** A WebSocket that was shaken hands with by hand; what the server sends is kept. */
  async function handmade(at: Served): Promise<{ socket: Socket; bytes(): Buffer; closed: Promise<void> }> {
    const socket = netConnect(Number(new URL(at.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.write(
      'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        'sec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    )
    const bytes = () => Buffer.concat(chunks)
    await expect.poll(() => String(bytes()), SOON).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n/s)
    chunks.length = 0
    return { socket, bytes, closed }
  }

  /** One masked frame of a client. */
  function frame(first: number, payload: Buffer): Buffer {
    const mask = randomBytes(4)
    const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    return Buffer.concat([Buffer.from([first, 0x80 | payload.length]), mask, masked])
  }

  const [TEXT, CLOSE] = [0x81, 0x88]

  test.each<[string, number, Buffer]>([
    ['text that is no UTF-8', 1007, frame(TEXT, Buffer.from([0xff, 0xfe, 0xfd]))],
    ['an opcode that does not exist', 1002, frame(0x83, Buffer.from('x'))],
    ['reserved bits', 1002, frame(0xf1, Buffer.from('x'))],
    ['a frame without a mask', 1002, Buffer.from([TEXT, 1, 0x78])],
    ['a continuation of nothing', 1002, frame(0x80, Buffer.from('x'))],
    [
      'a length of exabytes',
      1009,
      Buffer.from([TEXT, 0xff, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
    ],
  ])('that sends %s is closed with %i', async (_name, code, sent) => {
    const peer = await handmade(served)
    peer.socket.write(sent)
    await expect.poll(() => peer.bytes()[0], SOON).toBe(CLOSE)
    expect(peer.bytes().readUInt16BE(2)).toBe(code)
  })

  test('that does not answer pings, half open, is cut', async () => {
    const pinging = await serveGraphql(database, { pingMs: 300 })
    onTestFinished(() => pinging.stop())
    const silent = await handmade(pinging)
    const { key } = tenant
    // An init, so that it is not the missing init for which it goes.
    const text = JSON.stringify({ type: 'connection_init', payload: { authorization: key } })
    silent.socket.write(frame(TEXT, Buffer.from(text)))
    await expect.poll(() => String(silent.bytes()), SOON).toContain('connection_ack')
    // A real client on the same server answers them.
    const polite = listen(connect(pinging, key), DETECTED)
    await silent.closed
    await untilLive(database, pinging, tenant.id, () => polite.received.length)
    expect(polite.errors).toEqual([])
  })

  test('that asks for an upgrade again and again without taking it up holds nothing', async () => {
    const peers = await Promise.all(Array.from({ length: 50 }, () => handmade(served)))
    for (const { socket } of peers) socket.resetAndDestroy()
  })
})
