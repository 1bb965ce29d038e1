import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { channelsFor } from '../alerts/alerts.ts'
import { createChannel } from '../alerts/manage.ts'
import { type App, startApp } from '../app.ts'
import { memoryBus } from '../bus/memory.ts'
import { type Config, readConfig } from '../config.ts'
import { DETECTORS } from '../detection/registry.ts'
import { createLogger } from '../log.ts'
import { readHistory } from '../pipeline/replay.ts'
import { storedReplay } from '../pipeline/stored-replay.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { createTenant } from '../tenancy/tenants.ts'
import { dataFolderOf, vaultFor } from '../tenancy/vault.ts'
import { systemClock, toSeconds, type WallClock } from '../time.ts'
import type { DemoTenant } from './audience.ts'
import { businesses } from './businesses.ts'
import { type LiveOptions, runLive } from './live.ts'
import { type AlertReceiver, receiveAlerts } from './receiver.ts'
import { Trade } from './trade.ts'

export interface DemoOptions extends LiveOptions {
  seed: string
  /** Length of the history. */
  days: number
  /** 0 takes one that is free. */
  port: number
}

/** How the demo ended. */
export interface DemoOutcome {
  url: string
  tenants: readonly DemoTenant[]
}

/**
 * Runs a whole BillingWatch on a database in a temporary folder, which is gone afterwards however it ends, with
 * three simulated tenants: first their history is replayed, then their webhooks are posted live.
 */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  options.audience.progress('Starting …')
  const folder = mkdtempSync(join(tmpdir(), 'billingwatch-demo-'))
  const erase = (): void => rmSync(folder, { recursive: true, force: true })
  // Also when an unhandled exception ends the process, as when the terminal was closed.
  process.once('exit', erase)
  try {
    const config = configFor(folder, options.port)
    const app = await startApp({ config, log: createLogger(config.logLevel) })
    try {
      return await runTenants(app, config, options)
    } finally {
      await app.close()
    }
  } finally {
    erase()
    process.off('exit', erase)
  }
}

/** Reads nothing from the environment: a database in real use is never touched. */
const configFor = (folder: string, port: number): Config =>
  readConfig({
    PORT: String(port),
    DATABASE_URL: `file:${join(folder, 'demo.db')}`,
    BILLINGWATCH_SECRET: randomBytes(32).toString('base64url'),
    MIN_FREE_DISK: '64',
    // Of its own alerts.
    ALERT_ALLOWED_HOSTS: '127.0.0.1',
    LOG_LEVEL: 'error',
  })

/** The three tenants, their history, and the live part; no tenants when it was stopped before that. */
async function runTenants(app: App, config: Config, options: DemoOptions): Promise<DemoOutcome> {
  const tenants: DemoTenant[] = []
  const receiver = await receiveAlerts((tenantId, alert) => {
    const tenant = tenants.find(({ id }) => id === tenantId)
    if (tenant === undefined) return
    tenant.alerts.push(alert)
    options.audience.alerted(tenant, alert)
  })
  try {
    return await runWith(tenants, { app, config, receiver }, options)
  } finally {
    await receiver.close()
  }
}

interface DemoParts {
  app: App
  config: Config
  receiver: AlertReceiver
}

/** @param tenants is filled */
async function runWith(
  tenants: DemoTenant[],
  { app, config, receiver }: DemoParts,
  options: DemoOptions,
): Promise<DemoOutcome> {
  const { seed, days, signal, audience } = options
  const clock = systemClock
  const vault = vaultFor(config, dataFolderOf(config), { warn: audience.progress })
  const acting = { actor: { kind: 'OPERATOR', name: 'demo' } as const, vault, clock }
  for (const business of businesses(seed)) {
    const trade = new Trade(business.profile, seed, toSeconds(clock.now()), days)
    const tenant = await addTenant(app, acting, { business, trade }, options)
    tenants.push(tenant)
    await createChannel(scopeTo(app.database, tenant.id), acting, channelsFor(config), {
      name: 'demo',
      target: { webhook: { url: receiver.urlFor(tenant.id) } },
      routing: { minSeverity: 'MEDIUM' },
    })
    if (signal.aborted) return { url: app.url, tenants: [] }
  }
  const outcome = { url: app.url, tenants }
  // In the fragment, which browsers send nowhere: the code reaches no log, and the key is not in it.
  const links = tenants.map(({ apiKey }) => `${app.url}/sign-in#code=${app.signInCode(apiKey)}`)
  audience.ready(app.url, tenants, links)
  await runLive(outcome, options)
  return outcome
}

/** Makes a tenant and replays its history up to now. */
async function addTenant(
  { url, database }: App,
  acting: Acting,
  { business, trade }: Pick<DemoTenant, 'business' | 'trade'>,
  { audience, signal }: DemoOptions,
): Promise<DemoTenant> {
  const { name, zone } = business.profile
  const webhookSecret = `whsec_${randomBytes(24).toString('hex')}`
  const made = await createTenant(database, acting, { name, timezone: zone, webhookSecret })
  if (made.existing) throw new Error(`the tenant ${name} is there already`)
  const { tenant, endpoint, token, key } = made
  const events = readHistory(linesOf(trade, acting.clock, signal), endpoint.id, ({ line, reason }) => {
    throw new Error(`line ${line} of the simulated history of ${name} is ${reason}`)
  })
  const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: acting.clock }
  const { stored, anomalies } = await storedReplay(parts, tenant.id, events, {
    onProgress: (counts) =>
      audience.progress(`${name}: ${counts.stored.toLocaleString('en')} events of its history replayed`),
  })
  return {
    id: tenant.id,
    business,
    trade,
    apiKey: key,
    webhookUrl: `${url}/webhook/${token}`,
    webhookSecret,
    history: { events: stored, anomalies },
    delivered: 0,
    anomalies: new Map(),
    alerts: [],
  }
}

/** The history as a file would have it, one event a line; it ends early when it is to be stopped. */
function* linesOf(trade: Trade, clock: WallClock, signal: AbortSignal): Generator<string> {
  for (const { event, received } of trade.arrivals(toSeconds(clock.now()))) {
    if (signal.aborted) return
    yield JSON.stringify(received === undefined ? event : { ...event, received })
  }
}
