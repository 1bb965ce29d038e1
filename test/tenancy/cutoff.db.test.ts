import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createApiKey, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import type { Caller } from '../../src/tenancy/caller.ts'
import { CredentialsWatch, type CutOff } from '../../src/tenancy/cutoff.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { deleteTenant, markDeleted } from '../../src/tenancy/tenants.ts'
import { systemClock } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, newTenant, quiet } from './office.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})
const open: CredentialsWatch[] = []
afterEach(() => {
  for (const watch of open.splice(0)) watch.close()
})
const newWatch = (time = clock as { now(): Date }) => {
  const watch = new CredentialsWatch({ database, clock: time, log: quiet })
  open.push(watch)
  return watch
}

const callerOf = (tenantId: string, more: Partial<Caller> = {}): Caller => ({
  actor: { kind: 'API_KEY', name: 'x' },
  operator: false,
  tenantId,
  role: 'ADMIN',
  keyId: undefined,
  expiresAt: undefined,
  ...more,
})

/** The reason that comes, and how long it took in milliseconds. */
const cutOff = (watch: CredentialsWatch, caller: Caller) => {
  let stop = () => {}
  const reason = new Promise<CutOff>((resolve) => {
    stop = watch.watch(caller, resolve)
  })
  return { reason, stop: () => stop() }
}

async function within(milliseconds: number, work: Promise<CutOff>): Promise<CutOff> {
  const started = performance.now()
  const reason = await work
  expect(performance.now() - started).toBeLessThan(milliseconds)
  return reason
}

describe('an open socket is cut off within about a second of', () => {
  it('the revoking of its key, by whatever process, and no other socket with it', async () => {
    const { id, apiKey, scope } = await newTenant(database)
    const other = await createApiKey(scope, acting, { role: 'VIEWER' })
    const watch = newWatch()
    const spared = vi.fn()
    watch.watch(callerOf(id, { keyId: other.apiKey.id }), spared)
    const { reason } = cutOff(watch, callerOf(id, { keyId: apiKey.id }))
    await revokeApiKey(scope, acting, apiKey.id)
    expect(await within(2_000, reason)).toBe('revoked')
    expect(spared).not.toHaveBeenCalled()
  })

  it('the end of its key', async () => {
    const { id, scope } = await newTenant(database)
    const expiresAt = new Date(clock.now().getTime() + 5_000)
    const brief = await createApiKey(scope, acting, { role: 'VIEWER', expiresAt })
    const { reason } = cutOff(newWatch(), callerOf(id, { keyId: brief.apiKey.id }))
    clock.forward(5)
    expect(await reason).toBe('revoked')
  })

  it('the suspending, marking or erasing of its tenant', async () => {
    const [a, b, c] = [await newTenant(database), await newTenant(database), await newTenant(database)]
    const watch = newWatch()
    const reasons = [a, b, c].map(
      ({ id, apiKey }) => cutOff(watch, callerOf(id, { keyId: apiKey.id })).reason,
    )
    await suspendTenant(a.scope, acting)
    await markDeleted(database, acting, b.id)
    await deleteTenant(database, acting, c.id, { settleMs: 0 })
    const [first, second, third] = await Promise.all(reasons)
    expect([first, second, third]).toEqual(['suspended', 'deleted', 'deleted'])
  })

  it('the end of an access token, by the clock and not by the poll', async () => {
    const { id, apiKey } = await newTenant(database)
    const expiresAt = new Date(systemClock.now().getTime() + 60)
    const { reason } = cutOff(newWatch(systemClock), callerOf(id, { keyId: apiKey.id, expiresAt }))
    expect(await within(600, reason)).toBe('expired')
  })
})

describe('watching', () => {
  it('costs two queries a round, however many sockets there are, and none when there are none', async () => {
    const { id, apiKey } = await newTenant(database)
    const watch = newWatch()
    const tenants = vi.spyOn(database.prisma.tenant, 'findMany')
    const keys = vi.spyOn(database.prisma.apiKey, 'findMany')
    const stops = Array.from({ length: 200 }, () => watch.watch(callerOf(id, { keyId: apiKey.id }), () => {}))
    await vi.waitFor(() => expect(keys).toHaveBeenCalled(), { timeout: 45_000 })
    expect(tenants).toHaveBeenCalledTimes(1)
    expect(keys).toHaveBeenCalledTimes(1)
    for (const stop of stops) stop()
    vi.restoreAllMocks()
  })

  it('goes on after the database was away', async () => {
    const { id, apiKey, scope } = await newTenant(database)
    const failing = vi.spyOn(database.prisma.tenant, 'findMany').mockRejectedValueOnce(new Error('away'))
    const { reason } = cutOff(newWatch(), callerOf(id, { keyId: apiKey.id }))
    await vi.waitFor(() => expect(failing).toHaveBeenCalled(), { timeout: 45_000 })
    failing.mockRestore()
    await revokeApiKey(scope, acting, apiKey.id)
    expect(await reason).toBe('revoked')
  })

  it('cuts off an operator who is inside, and leaves one who comes to look into a suspended tenant', async () => {
    const { id, scope } = await newTenant(database)
    const watch = newWatch()
    const operator = callerOf(id, { operator: true })
    const inside = cutOff(watch, operator)
    await suspendTenant(scope, acting)
    expect(await inside.reason).toBe('suspended')
    clock.forward(1)
    const onlooker = vi.fn()
    watch.watch(operator, onlooker)
    // Of the same round, so that it was looked at.
    expect(await cutOff(watch, callerOf(id)).reason).toBe('suspended')
    expect(onlooker).not.toHaveBeenCalled()
  })

  it('is silent once it was stopped', async () => {
    const { id, scope, apiKey } = await newTenant(database)
    const watch = newWatch()
    const stopped = vi.fn()
    watch.watch(callerOf(id, { keyId: apiKey.id }), stopped)()
    const { reason } = cutOff(watch, callerOf(id, { keyId: apiKey.id }))
    await suspendTenant(scope, acting)
    await reason
    expect(stopped).not.toHaveBeenCalled()
  })
})
