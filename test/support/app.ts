import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { type App, type AppOptions, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { atEnd } from './endings.ts'
import { environment } from './outside.ts'
import type { Json } from './stripe/basics.ts'

// What needs no test around it, for programs that drive a server from outside too.
export * from './outside.ts'

/** A whole server, closed after the file's tests, wherever it was started. */
export async function startServer(
  databaseUrl: string,
  over: Record<string, string> = {},
  options: Pick<AppOptions, 'checkIntegrityAfterMs' | 'only'> = {},
): Promise<App> {
  const app = await startApp({
    ...options,
    config: readConfig(environment(databaseUrl, over)),
    log: createLogger('silent'),
  })
  atEnd(() => app.close())
  return app
}

/** A real graphql-ws client, disposed of with the test. */
export function socket(url: string, key: string): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  })
  onTestFinished(() => void client.dispose())
  return client
}

/** Collects what a subscription says; `received` grows as it comes. */
export function collect(client: Client, text: string, variables: Json = {}) {
  const received: Json[] = []
  const errors: unknown[] = []
  const stop = client.subscribe<Json>(
    { query: text, variables },
    {
      next: ({ data, errors: failed }) => void (failed ? errors.push(failed) : received.push({ ...data })),
      error: (error) => void errors.push(error),
      complete: () => {},
    },
  )
  return { received, errors, stop }
}

/** A folder that goes with the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billingwatch-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
