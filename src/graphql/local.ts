import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  graphql,
  isLeafType,
  isObjectType,
} from 'graphql'
import { alertServices } from '../alerts/alerts.ts'
import { memoryBus } from '../bus/memory.ts'
import type { Config } from '../config.ts'
import { stripeMeans } from '../connect/means.ts'
import { DETECTORS } from '../detection/registry.ts'
import { memoryQuota } from '../limits/memory-quota.ts'
import { createLogger } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { Authenticator } from '../tenancy/authenticate.ts'
import { systemClock } from '../time.ts'
import { contextOf, type Operator, type Services, type Session } from './context.ts'
import { ActivityFeed, type FeedRow } from './live/activity-feed.ts'
import { EventFeed } from './live/event-feed.ts'
import { followAlone } from './live/follow.ts'
import type { ReadOnce } from './live/shared-reader.ts'
import { FairQueue, type FairQueueLimits } from './operations/fair-queue.ts'
import { schema } from './schema.ts'

/** Milliseconds between two polls of a command: no server gives it hints. */
const POLL_EVERY_MS = 1_000

/** A command shares the process with no other tenant. */
const ALONE: FairQueueLimits = { perKey: 1, total: 1, waiting: 20_000, timeoutMs: 60_000 }

/** GraphQL inside one tenant without a server, so that commands show what its API shows. */
export class LocalGraphql {
  readonly #session: Session
  readonly #services: Services
  readonly #operator: Operator
  readonly #feed: ActivityFeed

  constructor(
    { config, database, acting }: { config: Config; database: Database; acting: Acting },
    readonly tenantId: string,
  ) {
    const { vault, actor } = acting
    const clock = systemClock
    const log = createLogger('silent')
    const bus = memoryBus()
    const metrics = createMetrics(false)
    const readOnce: ReadOnce = (id, work) => work(scopeTo(database, id))
    const polling = { bus, clock, log, readOnce, everyMs: POLL_EVERY_MS }
    this.#feed = new ActivityFeed(polling)
    this.#session = {
      requestId: 'command line',
      caller: { actor, operator: true, tenantId, role: 'ADMIN', keyId: undefined, expiresAt: undefined },
      connection: {
        open: async () => ({ signal: new AbortController().signal, close: () => {} }),
        drained: async () => {},
      },
    }
    this.#services = {
      config,
      clock,
      bus,
      vault,
      detectors: DETECTORS,
      authenticator: new Authenticator({ database, vault, clock, adminKey: config.adminKey, log }),
      activityFeed: this.#feed,
      eventFeed: new EventFeed(polling),
      queue: new FairQueue(ALONE),
      liveQueue: new FairQueue(ALONE),
      metrics,
      previews: memoryQuota('previews', 1),
      stripe: stripeMeans(config, () => config),
      alerts: alertServices({ config, database, bus, vault, clock, log, metrics }),
    }
    this.#operator = {
      database,
      scopeOf: (id) => scopeTo(database, id),
      eraseInBackground: () => {},
    }
  }

  /** @throws the first error of the operation */
  async ask(source: string, variableValues: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const contextValue = contextOf(this.#session, this.#services, this.#operator)
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue })
    const [failed] = errors ?? []
    if (failed) throw failed.originalError ?? failed
    return { ...data }
  }

  /** The tenant's activity from `position` on. */
  async *follow(position: bigint, signal: AbortSignal): AsyncGenerator<FeedRow> {
    yield* followAlone(await this.#feed.join(this.#operator.scopeOf(this.tenantId)), position, signal)
  }
}

/** Long lists are left out; a caller that wants them asks for them. */
const LONG = new Set(['events', 'activity', 'alerts'])
const BRIEF = 'id detector severity title'

/** The selection of all fields of `Anomaly` but long lists. */
export function anomalySelection({ series }: { series: boolean }): string {
  const type = schema.getType('Anomaly')
  if (!isObjectType(type)) throw new Error('the schema has no Anomaly')
  return selectionOf(type, series ? LONG : new Set([...LONG, 'series']))
}

function selectionOf(type: GraphQLObjectType, without: ReadonlySet<string>): string {
  return Object.values(type.getFields())
    .filter(({ name }) => !without.has(name))
    .map(({ name, type: of }) => {
      const named: GraphQLNamedType = getNamedType(of)
      if (isLeafType(named)) return name
      if (named.name === 'Anomaly') return `${name} { ${BRIEF} }`
      return isObjectType(named) ? `${name} { ${selectionOf(named, without)} }` : ''
    })
    .join(' ')
}
