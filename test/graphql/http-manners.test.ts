import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLogger } from '../../src/log.ts'
import { ask, EXPOSED, keyOf, makeTenant, serveGraphql, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
const tenant = await makeTenant(database)

const post = (type: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': type, ...headers },
    body,
  })

/** All that comes back for a request written by hand. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', (chunk) => {
      received += String(chunk)
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}

describe('an operation in a body', () => {
  const MUTATION = 'mutation { createAccessToken(input: {}) { token } }'

  test.each([
    ['a form', 'application/x-www-form-urlencoded', new URLSearchParams({ query: MUTATION }).toString()],
    ['a document alone', 'application/graphql', MUTATION],
    ['a document alone with a charset', 'application/graphql; charset=utf-8', MUTATION],
    ['JSON by another name', 'application/graphql+json', JSON.stringify({ query: MUTATION })],
    ['plain text', 'text/plain', JSON.stringify({ query: MUTATION })],
  ])('is not taken as %s', async (_name, type, body) => {
    const response = await post(type, body)
    expect(response.status).toBe(415)
    const text = await response.text()
    expect(text).not.toContain('token')
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('is taken as JSON, whatever its charset parameter', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset=utf-8',
    ]) {
      const response = await post(type, JSON.stringify({ query: MUTATION }))
      expect([type, response.status, await response.text()]).toEqual([
        type,
        200,
        expect.stringContaining('token'),
      ])
    }
  })
})

describe('the hash of a query without its text', () => {
  const extensions = {
    persistedQuery: {
      version: 1,
      sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38',
    },
  }
  const UNSUPPORTED = {
    errors: [
      { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
    ],
  }

  test('is answered so that clients send the text instead', async () => {
    const posted = await post(
      'application/json',
      JSON.stringify({ operationName: 'Q', variables: {}, extensions }),
    )
    expect([posted.status, await posted.json()]).toMatchObject([200, UNSUPPORTED])
    const got = await fetch(
      `${served.url}/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
      { headers: { authorization: `Bearer ${tenant.key}` } },
    )
    expect([got.status, await got.json()]).toMatchObject([200, UNSUPPORTED])
  })

  test('beside its text changes nothing', async () => {
    const response = await post(
      'application/json',
      JSON.stringify({ query: '{ viewer { role } }', extensions }),
    )
    expect(await response.json()).toEqual({ data: { viewer: { role: 'ADMIN' } } })
  })
})

describe('a request with a broken Host header', () => {
  test.each(['[', 'a b', 'a:b:c', 'localhost:99999', 'x/y', 'user@x', 'a?b', '%', '\u00ff\u00fe', 'a#b'])(
    'such as %j is answered 400 in the shape of every other error, whatever it asks for',
    async (host) => {
      for (const path of [
        '/graphql',
        '/graphql?query={viewer{role}}',
        '/export/anomalies.csv',
        '/nothing',
        '/',
      ]) {
        const answer = await exchange(
          `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${tenant.key}\r\nconnection: close\r\n\r\n`,
        )
        expect(answer).toMatch(/^HTTP\/1.1 400 /)
        expect(answer).toContain('{"error":{"code":"BAD_REQUEST"')
        expect(answer).not.toMatch(/node_modules|\.ts|\.js| at /)
      }
    },
  )

  test.each(['http://x/graphql', '//', '/\\', '*', '/graphql/..//%ff'])(
    'or a target such as %j is no 5xx',
    async (target) => {
      const answer = await exchange(
        `GET ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${tenant.key}\r\nconnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
    },
  )

  test('of HTTP/1.0, which need not have one, is served', async () => {
    const answer = await exchange(
      `GET /graphql?query={viewer{role}} HTTP/1.0\r\nauthorization: Bearer ${tenant.key}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('what counts against a limit', () => {
  test('says in every answer what is left of it', async () => {
    const limited = await serveGraphql(database, { environment: { API_RATE_LIMIT: '3/60' } })
    onTestFinished(() => limited.stop())
    const { key } = await keyOf(database, tenant, 'VIEWER')
    const standing = async (query: string) => {
      const { status, headers } = await ask(limited, key, query)
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0)
      expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60)
      return [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]
    }
    expect(await standing('{ viewer { role } }')).toEqual([200, '3', '2'])
    expect(await standing('{ nothing }')).toEqual([400, '3', '1'])
    const exported = await fetch(`${limited.url}/export/anomalies.csv`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(exported.headers.get('ratelimit-remaining')).toBe('0')
    expect(await standing('{ viewer { role } }')).toEqual([429, '3', '0'])
  })

  test('can be read by a page of another origin', async () => {
    const exposed = await serveGraphql(database, { environment: EXPOSED })
    onTestFinished(() => exposed.stop())
    const { headers } = await ask(
      exposed,
      tenant.key,
      '{ viewer { role } }',
      {},
      { origin: 'https://app.example.com' },
    )
    for (const name of ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'])
      expect(headers.get('access-control-expose-headers')).toContain(name)
  })
})

test('a stream of events asks proxies not to buffer it', async () => {
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const outgoing = request(
      `${served.url}/graphql`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${tenant.key}`,
        },
      },
      (response) => {
        resolve(response.headers)
        response.on('error', () => {})
        outgoing.destroy()
      },
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify({ query: 'subscription { eventReceived { id } }' }))
  })
  expect(headers['content-type']).toMatch(/^text\/event-stream/)
  expect(headers['x-accel-buffering']).toBe('no')
})

describe('a browser that comes by', () => {
  test('gets an icon', async () => {
    const response = await fetch(`${served.url}/favicon.ico`, { headers: { accept: 'image/*' } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
    expect(await response.text()).toMatch(/^<svg /)
  })

  test('is not answered with a page where a program asks', async () => {
    const response = await fetch(`${served.url}/`, { headers: { accept: 'application/json' } })
    expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }])
  })
})

test('credentials that were refused stand in the log with the id of the request', async () => {
  const lines: string[] = []
  const log = createLogger('info', { write: (line) => void lines.push(line) })
  const exposed = await serveGraphql(database, { environment: EXPOSED, log })
  onTestFinished(() => exposed.stop())
  await ask(exposed, `bw_live_${'0'.repeat(42)}`, '{ viewer { role } }', {}, { 'x-request-id': 'find-me' })
  const refusals = lines.filter((line) => line.includes('credentials were refused'))
  expect(refusals.map((line) => JSON.parse(line))).toMatchObject([{ requestId: 'find-me' }])
})

describe('a client that offers another protocol', () => {
  const OFFER =
    'connection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQ\r\n'

  test.each([
    ['h2c', OFFER],
    ['several', 'connection: upgrade\r\nconnection: close\r\nupgrade: TLS/1.0, h2c\r\n'],
  ])('than WebSocket (%s) is answered by HTTP/1.1', async (_name, offer) => {
    const plain = await exchange(`GET /nowhere HTTP/1.1\r\nhost: x\r\n${offer}\r\n`)
    expect(plain).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
    expect(plain).toMatch(/x-request-id: /i)
    expect(plain).not.toContain('Sockets')

    const body = JSON.stringify({ query: '{ viewer { role } }' })
    const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
    const key = `authorization: Bearer ${tenant.key}\r\n`
    const asked = await exchange(`POST /graphql HTTP/1.1\r\nhost: x\r\n${head}${key}${offer}\r\n${body}`)
    expect(asked).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(asked).toContain('{"data":{"viewer":{"role":')
  })

  test('and sends its body later and in pieces is heard whole', async () => {
    const body = JSON.stringify({ query: '{ viewer { role } }' })
    const port = Number(new URL(served.url).port)
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    let received = ''
    socket.on('data', (chunk) => {
      received += String(chunk)
    })
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\nexpect: 100-continue\r\n` +
        `authorization: Bearer ${tenant.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    )
    await expect.poll(() => received, { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 100 /)
    socket.write(body.slice(0, 9))
    socket.write(body.slice(9))
    await expect.poll(() => received, { timeout: 20_000 }).toContain('{"data":{"viewer":{"role":')
    // The connection goes on as any other.
    socket.write('GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n')
    await expect.poll(() => received, { timeout: 20_000 }).toContain('HTTP/1.1 404 ')
  })

  test('and asks for a WebSocket as none is asked for gets an error like any other', async () => {
    const offer = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
    const answer = await exchange(`GET /graphql HTTP/1.1\r\nhost: x\r\n${offer}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/x-request-id: /)
    expect(answer).toContain('{"error":{"code":"BAD_REQUEST"')
  })
})
