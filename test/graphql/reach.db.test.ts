import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { alertServices } from '../../src/alerts/alerts.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { readConfig } from '../../src/config.ts'
import { stripeMeans } from '../../src/connect/means.ts'
import {
  type Context,
  contextOf,
  type Operator,
  type OperatorContext,
  type Services,
} from '../../src/graphql/context.ts'
import { ActivityFeed } from '../../src/graphql/live/activity-feed.ts'
import { EventFeed } from '../../src/graphql/live/event-feed.ts'
import type { ReadOnce } from '../../src/graphql/live/shared-reader.ts'
import { FairQueue } from '../../src/graphql/operations/fair-queue.ts'
import { memoryQuota } from '../../src/limits/memory-quota.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Database, SystemClient } from '../../src/storage/database.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import { createTenant, listTenants, markDeleted } from '../../src/tenancy/tenants.ts'
import { systemClock } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { ADMIN_KEY, acting, makeTenant, type TestTenant, vault } from '../support/graphql.ts'

// Half of it is checked by the compiler (`npm run typecheck`): a resolver of a tenant that reaches past it does not
// compile, for nothing that it is given leads there.

/** Names of the members that would lead past one tenant. */
type Reaching<T> = {
  [K in keyof T]: Extract<T[K], Database | SystemClient | SystemSql | Operator> extends never ? never : K
}[keyof T]

describe('what a resolver is given', () => {
  it('leads to nothing that reaches past one tenant', () => {
    expectTypeOf<Reaching<OperatorContext>>().toEqualTypeOf<'operator'>()
    expectTypeOf<Reaching<Context>>().toBeNever()
    expectTypeOf<Reaching<Services>>().toBeNever()
    expectTypeOf<Reaching<Services['alerts']>>().toBeNever()
    expectTypeOf<Reaching<Scope>>().toBeNever()
  })

  it('does not say where the database is, nor any secret', () => {
    expectTypeOf<Services['config']>().not.toHaveProperty('databaseUrl')
    expectTypeOf<Services['config']>().not.toHaveProperty('secret')
    expectTypeOf<Services['config']>().not.toHaveProperty('adminKey')
  })

  it('has the operator only in fields that ask for it', () => {
    // Never called: each of these is refused by the compiler, or tsc reports that nothing was.
    const resolvers = [
      // @ts-expect-error only an operator’s field has it
      (context: Context) => context.operator,
      // @ts-expect-error no service is the database
      ({ services }: Context) => services.database,
      // @ts-expect-error a scope is no way to all tenants
      ({ scope }: Context) => scope && listTenants(scope),
      // @ts-expect-error a context makes no tenants
      (context: Context) => createTenant(context, acting, { name: 'Another' }),
      // @ts-expect-error services open no scope
      ({ services }: Context) => scopeTo(services, 'ten_another'),
      // @ts-expect-error a scope deletes no tenant
      ({ scope, services }: Context) => scope && markDeleted(scope.db, services, 'ten_another'),
    ]
    expect(resolvers).toHaveLength(6)
    expectTypeOf((context: OperatorContext) => listTenants(context.operator.database)).toBeFunction()
  })
})

describe('a context', async () => {
  const database = await testDatabase()
  const log = createLogger('silent')
  const bus = memoryBus()
  const config = readConfig({})
  const metrics = createMetrics(false)
  const readOnce: ReadOnce = (tenantId, work) => work(scopeTo(database, tenantId))
  const polling = { bus, clock: systemClock, log, readOnce }
  const queue = new FairQueue({ perKey: 1, total: 1, waiting: 1, timeoutMs: 1_000 })
  const services: Services = {
    config,
    clock: systemClock,
    bus,
    vault,
    detectors: [],
    authenticator: new Authenticator({ database, vault, clock: systemClock, adminKey: ADMIN_KEY, log }),
    activityFeed: new ActivityFeed(polling),
    eventFeed: new EventFeed(polling),
    queue,
    liveQueue: queue,
    metrics,
    previews: memoryQuota('previews', 1),
    stripe: stripeMeans(config, () => config),
    alerts: alertServices({ config, database, bus, vault, clock: systemClock, log, metrics }),
  }
  const reach: Operator = {
    database,
    scopeOf: (tenantId) => scopeTo(database, tenantId),
    eraseInBackground: () => {},
  }
  const contextFor = async (key: string, tenantId?: string) =>
    contextOf(
      {
        requestId: 'test',
        caller: await services.authenticator.authenticate({ authorization: `Bearer ${key}`, tenantId }),
        connection: {
          open: async () => ({ signal: new AbortController().signal, close: () => {} }),
          drained: async () => {},
        },
      },
      services,
      reach,
    )
  let [own, other]: TestTenant[] = []
  beforeAll(async () => {
    own = await makeTenant(database, 'Own')
    other = await makeTenant(database, 'Other')
  })

  it("of a tenant's key has no operator, and the scope of its own tenant alone", async () => {
    const context = await contextFor(own?.key ?? '')
    expect(Reflect.get(context, 'operator')).toBeUndefined()
    expect(context.scopeOfTenant(own?.id ?? '')).toBe(context.scope)
    expect(() => context.scopeOfTenant(other?.id ?? '')).toThrow(`There is no tenant ${other?.id}`)
  })

  it("of an access token that the operator's key made has no operator", async () => {
    const caller = await services.authenticator.authenticate({ authorization: ADMIN_KEY, tenantId: own?.id })
    const { token } = await services.authenticator.createAccessToken(caller, { role: 'ADMIN' })
    const context = await contextFor(token)
    expect(Reflect.get(context, 'operator')).toBeUndefined()
    expect(() => context.scopeOfTenant(other?.id ?? '')).toThrow('There is no tenant')
  })

  it("of the operator's key has the operator, and the scope of any tenant", async () => {
    const context = await contextFor(ADMIN_KEY)
    expect(Reflect.get(context, 'operator')).toBe(reach)
    expect(context.scope).toBeUndefined()
    expect(context.scopeOfTenant(other?.id ?? '').tenantId).toBe(other?.id)
  })
})
