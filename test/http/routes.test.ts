import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { healthz, readyz } from '../../src/http/health.ts'
import { metricsRoute } from '../../src/http/metrics.ts'
import { requestIdOf } from '../../src/http/request-id.ts'
import { notFound, routes } from '../../src/http/routes.ts'
import { memoryRateLimiter } from '../../src/limits/rate-limiter.ts'
import { createMetrics } from '../../src/metrics.ts'
import { serve } from './serve.ts'

const { registry } = createMetrics(false)
const guessing = { limiter: memoryRateLimiter(), trustProxy: true, slowedBy: 5 }
let ready = true
let tokens: string[] = []

const { base, raw } = await serve(
  routes({
    webhook: (req, res, token) => {
      tokens.push(token)
      res.setHeader('x-request-id', requestIdOf(req))
      res.end()
    },
    plain: {
      '/healthz': healthz,
      '/readyz': readyz({ database: () => ready, disk: async () => true }),
      '/metrics': metricsRoute(registry, { token: 'scrape-scrape-scrape', local: false, ...guessing }),
      '/open': metricsRoute(registry, { token: undefined, local: true, ...guessing }),
      '/shut': metricsRoute(registry, { token: undefined, local: false, ...guessing }),
      '/broken': readyz({ database: () => Promise.reject(new Error('no')) }),
    },
    next: notFound,
  }),
)

it('says that it is alive', async () => {
  const answer = await fetch(`${base}/healthz?verbose`)
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
})

it('is ready only while every check holds', async () => {
  const yes = await fetch(`${base}/readyz`)
  expect([yes.status, await yes.json()]).toEqual([
    200,
    { status: 'ready', checks: { database: true, disk: true } },
  ])
  ready = false
  const no = await fetch(`${base}/readyz`)
  expect(no.status).toBe(503)
  expect(no.headers.get('retry-after')).toBe('5')
  expect(await no.json()).toMatchObject({
    checks: { database: false, disk: true },
    error: { code: 'UNAVAILABLE', message: 'Not ready: database.' },
  })
  expect((await fetch(`${base}/broken`)).status).toBe(503)
})

it.each([
  ['/metrics', undefined, 401],
  ['/metrics', 'Bearer scrape-scrape-scrapE', 401],
  ['/metrics', 'Basic scrape-scrape-scrape', 401],
  ['/metrics', 'Bearer scrape-scrape-scrape', 200],
  ['/open', undefined, 200],
  ['/shut', undefined, 404],
])('answers %s with authorization %s by %i', async (path, authorization, status) => {
  const answer = await fetch(base + path, authorization === undefined ? {} : { headers: { authorization } })
  expect(answer.status).toBe(status)
  const body = await answer.text()
  if (status === 200) expect(body).toContain('billingwatch_webhook_deliveries_total')
  else expect(JSON.parse(body)).toHaveProperty('error.code')
})

it.each(['/healthz', '/readyz', '/metrics'])('refuses to POST to %s', async (path) => {
  const answer = await fetch(base + path, { method: 'POST', body: 'x' })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('GET, HEAD')
  expect(await answer.json()).toHaveProperty('error.code', 'METHOD_NOT_ALLOWED')
})

it('answers an unknown address in the shape of every other error', async () => {
  const answer = await fetch(`${base}/nothing`)
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: { code: 'NOT_FOUND', message: 'Nothing is served at this address.' } },
  ])
})

it('hands the rest of a webhook path to the receiver, whatever it is', async () => {
  tokens = []
  for (const rest of ['abc?x=1', '', 'a/b', '%00']) await fetch(`${base}/webhook/${rest}`)
  expect(tokens).toEqual(['abc', '', 'a/b', '%00'])
})

it.each(['/healthz', '/nothing', '/metrics', '/webhook/x'])('puts a request id on %s', async (path) => {
  const [one, two] = await Promise.all([fetch(base + path), fetch(base + path)])
  expect(one.headers.get('x-request-id')).toMatch(/^[\w.:-]{8,}$/)
  expect(one.headers.get('x-request-id')).not.toBe(two.headers.get('x-request-id'))
})

it('keeps a sane request id of the caller and replaces any other', async () => {
  const idFor = async (given: string) =>
    (await fetch(`${base}/healthz`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
  expect(await idFor('trace-1.a:b')).toBe('trace-1.a:b')
  for (const odd of ['', 'a b', '"><script>', 'x'.repeat(129)]) expect(await idFor(odd)).not.toBe(odd)
})

it('answers what is no HTTP in the same shape, with a request id', async () => {
  const answer = await raw('this is no request\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
  expect(answer).toMatch(/x-request-id: \S+/)
  expect(answer).toContain('{"error":{"code":"BAD_REQUEST"')
})

it('answers headers that are too large by 431', async () => {
  const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1.1 431 /)
})

it('gives up on a sender that is too slow, so that it cannot hold sockets', async () => {
  const limits = { headersTimeout: 40, requestTimeout: 60, connectionsCheckingInterval: 20 }
  const slow = await serve((req, res) => void req.resume().on('end', () => res.end()), limits)
  const halfHeaders = await slow.raw('POST / HTTP/1.1\r\nhost: x\r\n')
  const halfBody = await slow.raw('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
  for (const answer of [halfHeaders, halfBody]) {
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain('REQUEST_TIMEOUT')
  }
})

it('gives up on a receiver that takes nothing of its answer', async () => {
  let left: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  const { base: stalling } = await serve(
    routes({
      webhook: (_req, res) => {
        res.on('close', left)
        res.end('x'.repeat(50_000_000))
      },
      plain: {},
      next: notFound,
      idle: 100,
    }),
  )
  const socket = connect(Number(new URL(stalling).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.pause()
  socket.write('POST /webhook/x HTTP/1.1\r\nhost: x\r\n\r\n')
  await gone
})

it('answers guesses at the token of /metrics otherwise after ten a minute from one address, and the token from there as ever', async () => {
  const scrape = (token: string, address: string) =>
    fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address } })
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) statuses.push((await scrape(`guess ${n}`, '198.51.100.1')).status)
  expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
  const refused = await scrape('guess', '198.51.100.1')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } })
  expect((await scrape('scrape-scrape-scrape', '198.51.100.1')).status).toBe(200)
  expect((await scrape('guess', '198.51.100.2')).status).toBe(401)
})

it.each(['GET /healthz', 'GET /nothing', 'POST /webhook/tok'])(
  'refuses %s over HTTP/1.1 without a Host in the shape of every other error',
  async (request) => {
    tokens = []
    const answer = await raw(`${request} HTTP/1.1\r\nconnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toMatch(/\r\nx-request-id: [\w-]+\r\n/i)
    expect(answer).toContain('{"error":{"code":"BAD_REQUEST"')
    expect(tokens).toEqual([])
  },
)
