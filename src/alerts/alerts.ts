import { randomBytes } from 'node:crypto'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { dropLeases } from '../storage/alerts/standing.ts'
import { verificationsOf } from '../storage/alerts/verifications.ts'
import type { Database } from '../storage/database.ts'
import type { Vault } from '../tenancy/vault.ts'
import { type Clock, stopwatch } from '../time.ts'
import { noTracer, type Tracer } from '../tracing/tracer.ts'
import { createChannels } from './channels/registry.ts'
import { Outbound } from './http.ts'
import type { ChannelMeans } from './manage.ts'
import { planAll } from './planner.ts'
import { Sender, type SenderOptions } from './sender.ts'
import type { SendingParts } from './sending-parts.ts'
import { planSummaries } from './summary.ts'

/** How often the feeds and what is due are looked at. Milliseconds. */
const POLL = 1_000

/** How often it is looked for summaries that are due. Milliseconds. */
const SUMMARIES = 5_000

export interface AlertsParts {
  config: Config
  database: Database
  bus: Bus
  vault: Vault
  clock: Clock
  log: Logger
  metrics: SendingParts['metrics']
  tracer?: Tracer | undefined
}

/** The ways out of this process, as the configuration allows them. */
export function channelsFor(config: Config): ChannelMeans {
  const outbound = new Outbound(config.alertAllowedHosts)
  return { outbound, channels: createChannels({ request: (request) => outbound.request(request), config }) }
}

/** What managing channels and sending on them needs. */
export type AlertServices = SendingParts & ChannelMeans

/** @param parts.baseUrl where pages begin: PUBLIC_URL, or the address that the server listens on */
export function alertServices(parts: AlertsParts & { baseUrl?: () => string }): AlertServices {
  const { config, bus, vault, clock, log, metrics, baseUrl, database } = parts
  return {
    vault,
    clock,
    log,
    metrics,
    tracer: parts.tracer ?? noTracer,
    ...channelsFor(config),
    baseUrl: baseUrl ?? (() => config.publicUrl ?? `http://localhost:${config.port}`),
    chance,
    verificationsOf: (address, since) => verificationsOf(database, address, since),
    feedGrew: (tenantId) => bus.publish(`feed:${tenantId}`),
  }
}

/** Plans and sends alerts until it is stopped. Several may run, in one process or many. */
export class Alerts {
  readonly #parts: AlertsParts
  readonly #services: AlertServices
  readonly #sender: Sender
  /** By the stopwatch, when summaries were last looked for. */
  #summarizedAt = Number.NEGATIVE_INFINITY
  #stopping = false
  #wakeUp: () => void = () => {}
  #running: Promise<void> | undefined

  /** @param services as `alertServices` makes them of the same parts */
  constructor(parts: AlertsParts, services: AlertServices, options: Pick<SenderOptions, 'leaseMs'> = {}) {
    this.#parts = parts
    this.#services = services
    this.#sender = new Sender({ ...services, ...options, database: parts.database })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the attempts under way are written down. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wakeUp()
    await this.#running
    await this.#sender.stop()
    await Promise.all([...this.#services.channels.values()].map(async (channel) => channel.close?.()))
  }

  async #run(): Promise<void> {
    const { database, log } = this.#parts
    // An embedded database has one server: whoever held a lease is gone.
    if (database.engine === 'sqlite')
      await dropLeases(database).catch((err: unknown) => log.warn({ err }, 'leases were not given back'))
    while (!this.#stopping) {
      await this.#summarize()
      if (!(await this.#round())) await this.#rest()
    }
  }

  /** @returns whether there may be more to do at once */
  async #round(): Promise<boolean> {
    try {
      const planned = await planAll({ ...this.#services, database: this.#parts.database })
      const begun = await this.#sender.begin()
      return planned > 0 || begun > 0
    } catch (err) {
      this.#parts.log.error({ err }, 'planning alerts failed')
      return false
    }
  }

  async #summarize(): Promise<void> {
    if (stopwatch() - this.#summarizedAt < SUMMARIES) return
    this.#summarizedAt = stopwatch()
    const { database, log } = this.#parts
    await planSummaries({ ...this.#services, database }).catch((err: unknown) =>
      log.warn({ err }, 'could not plan summaries'),
    )
  }

  /** Until it is time to look again, or a place is free for what waits. */
  async #rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
      void this.#sender.freed().then(this.#wakeUp)
    })
  }
}

/** Spreads retries; nothing depends on nobody guessing it, but there is one source of chance here. */
const chance = (): number => randomBytes(4).readUInt32BE() / 2 ** 32
