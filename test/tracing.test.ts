import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { makeTenant, nowSeconds, post, query, startServer } from './support/app.ts'
import { emptyDatabase } from './support/database.ts'
import { atEnd } from './support/endings.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().regex(/^([0-9a-f]{16})?$/),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(attribute),
  status: z.object({ code: z.number() }),
})
/** What the protocol says of a message, as far as it is used (opentelemetry-proto, trace/v1). */
const message = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
})

interface Heard {
  url: string
  spans: z.infer<typeof span>[]
  headers: Set<string>
}

async function listening(handle: (body: string, path: string, header: string) => number): Promise<string> {
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      res.statusCode = handle(body, req.url ?? '', String(req.headers['x-collector']))
      res.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

/** A collector of OTLP over HTTP. */
async function collector(): Promise<Heard> {
  const heard: Heard = { url: '', spans: [], headers: new Set() }
  heard.url = await listening((body, path, header) => {
    if (path !== '/v1/traces') return 404
    const { resourceSpans } = message.parse(JSON.parse(body))
    heard.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
    heard.headers.add(header)
    return 200
  })
  return heard
}

const doubleCharge = () => {
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) =>
    event('charge.succeeded', charge({ created, customer: 'cus_1', payment_intent: `pi_${created}` }), {
      created,
    }),
  )
}

const CHANNEL = `mutation($url: String!) { createAlertChannel(input: {name: "ops", routing: {minSeverity: LOW}, target: {webhook: {url: $url}}}) { alertChannel { id } } }`

describe('traces', () => {
  it('show the way of an event from its delivery to its alert, each step within the one that it belongs to', async () => {
    const databaseUrl = await emptyDatabase()
    const [heard, receiver] = [await collector(), await listening(() => 200)]
    const app = await startServer(databaseUrl, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${heard.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector=a%20key',
      ALERT_ALLOWED_HOSTS: '127.0.0.1',
    })
    const tenant = await makeTenant(app, databaseUrl)
    expect((await query(app.url, tenant.key, CHANNEL, { url: receiver })).errors).toBeUndefined()
    for (const one of doubleCharge()) await post(app.url, tenant.token, one)
    const named = (name: string) => heard.spans.filter((one) => one.name === name)
    await vi.waitFor(
      () => {
        for (const name of ['delivery', 'pass', 'record', 'notify', 'alert'])
          expect(named(name).length, name).toBeGreaterThan(0)
      },
      { timeout: 45_000 },
    )
    const [delivery] = named('delivery')
    expect(delivery).toMatchObject({ kind: 2, parentSpanId: '', status: { code: 0 } })
    expect(delivery?.attributes).toContainEqual({ key: 'outcome', value: { stringValue: 'stored' } })
    expect(delivery?.attributes).toContainEqual({ key: 'tenant', value: { stringValue: tenant.id } })
    const passes = new Map(named('pass').map((one) => [one.spanId, one.traceId]))
    for (const one of [...named('record'), ...named('notify')])
      expect(passes.get(one.parentSpanId)).toBe(one.traceId)
    expect(named('alert')[0]?.attributes).toContainEqual({
      key: 'outcome',
      value: { stringValue: 'delivered' },
    })
    for (const one of heard.spans)
      expect(BigInt(one.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(one.startTimeUnixNano))
    expect(heard.headers).toEqual(new Set(['a key']))
  }, 60_000)

  it('cost no delivery when nobody takes them', async () => {
    const databaseUrl = await emptyDatabase()
    const app = await startServer(databaseUrl, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
    const tenant = await makeTenant(app, databaseUrl)
    for (const one of doubleCharge()) expect((await post(app.url, tenant.token, one)).status).toBe(200)
    await app.close()
  })
})
