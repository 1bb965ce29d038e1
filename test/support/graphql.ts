import { createServer } from 'node:http'
import { type Client, type ClientOptions, createClient } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { alertServices } from '../../src/alerts/alerts.ts'
import { type ApiParts, createApi } from '../../src/api.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { routes } from '../../src/http/routes.ts'
import { memoryQuota } from '../../src/limits/memory-quota.ts'
import { memoryRateLimiter } from '../../src/limits/rate-limiter.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { createApiKey } from '../../src/tenancy/api-keys.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import type { Role } from '../../src/tenancy/caller.ts'
import { CredentialsWatch } from '../../src/tenancy/cutoff.ts'
import { createTenant } from '../../src/tenancy/tenants.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import { testDatabase } from './database.ts'
import { atEnd } from './endings.ts'

export const ADMIN_KEY = 'bw_admin_for_tests_0123456789abcdefgh'
export const vault = createVault('a secret for the tests of graphql, long enough')
export const acting = { actor: { kind: 'OPERATOR', name: 'test' } as const, vault, clock: systemClock }

export type Json = Record<string, unknown>

/** GraphQL served over real HTTP on a port of its own, without ingest and detection. */
export interface Served {
  url: string
  config: Config
  bus: ReturnType<typeof memoryBus>
  /** Sends subscribers away, and goes on listening. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** The environment of one that faces the internet: not a local set-up. */
export const EXPOSED = {
  PUBLIC_URL: 'https://billing.example.com',
  METRICS_TOKEN: '0123456789abcdef',
  ALLOWED_ORIGINS: 'https://app.example.com',
  API_RATE_LIMIT: '100000/60',
}

export type ServeOptions = Partial<ApiParts> & { environment?: Record<string, string> }

export async function serveGraphql(database: Database, options: ServeOptions = {}): Promise<Served> {
  const { environment, ...over } = options
  const config = readConfig({ PORT: '0', BILLINGWATCH_ADMIN_KEY: ADMIN_KEY, ...environment })
  const log = createLogger('silent')
  const clock = over.clock ?? systemClock
  const bus = memoryBus()
  const credentials = new CredentialsWatch({ database, clock, log })
  const authenticator = new Authenticator({ database, vault, clock, adminKey: config.adminKey, log })
  const metrics = createMetrics(false)
  const api = createApi({
    alerts: alertServices({ config, database, bus, vault, clock, log, metrics }),
    config,
    database,
    bus,
    vault,
    clock,
    log,
    metrics,
    authenticator,
    credentials,
    limiter: memoryRateLimiter(),
    quota: memoryQuota,
    detectors: DETECTORS,
    // So long that what comes in time was not waited for.
    pollMs: 120_000,
    ...over,
  })
  const server = createServer(
    routes({ webhook: (_req, res) => void res.end(), plain: api.plain, next: api.listener }),
  )
  api.attach(server)
  await new Promise<void>((resolve) => server.listen(config.port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      await api.drain()
      credentials.close()
      await authenticator.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      // As the app does: streams have a moment to say why they end.
      setTimeout(() => server.closeAllConnections(), 500).unref()
      await closed
    })()
    return stopped
  }
  return { url: `http://127.0.0.1:${address.port}`, config, bus, drain: api.drain, stop }
}

/** The same for all tests of the file that calls it. */
export async function serveForAll(database: Database, options: ServeOptions = {}): Promise<Served> {
  const served = await serveGraphql(database, options)
  atEnd(() => served.stop())
  return served
}

/** An empty database and the API on it, for all tests of the file that calls it. */
export async function testApi(options: ServeOptions = {}): Promise<{ database: Database; served: Served }> {
  const database = await testDatabase()
  return { database, served: await serveForAll(database, options) }
}

export interface TestTenant {
  id: string
  name: string
  /** Of an ADMIN. */
  key: string
  endpointId: string
}

export async function makeTenant(database: Database, name = 'Acme'): Promise<TestTenant> {
  const made = await createTenant(database, acting, { name, timezone: 'Europe/Berlin' })
  if (made.existing) throw new Error('there already')
  return { id: made.tenant.id, name, key: made.key, endpointId: made.endpoint.id }
}

/** One more key of the tenant. */
export async function keyOf(
  database: Database,
  { id }: Pick<TestTenant, 'id'>,
  role: Role,
): Promise<{ id: string; key: string }> {
  const { apiKey, key } = await createApiKey(scopeTo(database, id), acting, { name: `a ${role}`, role })
  return { id: apiKey.id, key }
}

export interface Answer {
  status: number
  headers: Headers
  data: Json
  errors: { message: string; path?: unknown[]; extensions: Json }[]
}

/** One operation over HTTP. */
export async function ask(
  { url }: Pick<Served, 'url'>,
  key: string | undefined,
  query: string,
  variables: Json = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  })
  const body = JSON.parse(await response.text())
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? {},
    errors: body.errors ?? [],
  }
}

/** The data of an operation that must not fail. */
export async function data(...args: Parameters<typeof ask>): Promise<Json> {
  const answer = await ask(...args)
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}

/** The code of the one error of an operation. */
export async function codeOf(...args: Parameters<typeof ask>): Promise<unknown> {
  const { errors } = await ask(...args)
  return errors[0]?.extensions['code']
}

/** A real client on a socket, disposed of with the test. */
export function connect(
  { url }: Pick<Served, 'url'>,
  key: string | undefined,
  options: Partial<ClientOptions> = {},
): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: key === undefined ? {} : { authorization: `Bearer ${key}` },
    retryAttempts: 0,
    lazy: true,
    ...options,
  })
  onTestFinished(() => void client.dispose())
  return client
}

/** What a subscription has said so far, growing as it comes. */
export interface Listening {
  received: Json[]
  errors: unknown[]
  done: Promise<void>
  stop(): void
}

export function listen(client: Client, query: string, variables: Json = {}): Listening {
  const received: Json[] = []
  const errors: unknown[] = []
  let finish = () => {}
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const stop = client.subscribe<Json>(
    { query, variables },
    {
      next: (result) => {
        if (result.errors) errors.push(...result.errors)
        if (result.data) received.push(result.data)
      },
      error: (error) => {
        errors.push(...(Array.isArray(error) ? error : [error]))
        finish()
      },
      complete: finish,
    },
  )
  return { received, errors, done, stop }
}
