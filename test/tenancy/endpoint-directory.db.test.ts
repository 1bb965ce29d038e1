import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../src/ids.ts'
import type { Database, Purpose } from '../../src/storage/database.ts'
import { classifyFailure } from '../../src/storage/failures.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { EndpointDirectory } from '../../src/tenancy/endpoint-directory.ts'
import { rotateToken } from '../../src/tenancy/endpoints.ts'
import { addSecret, listSecrets, retireSecret } from '../../src/tenancy/secrets.ts'
import { suspendTenant, updateTenant } from '../../src/tenancy/tenant.ts'
import { markDeleted } from '../../src/tenancy/tenants.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, newTenant, STRIPE_SECRET, vault } from './office.ts'

let database: Database
let directory: EndpointDirectory
beforeAll(async () => {
  database = await testDatabase()
})
beforeEach(() => {
  directory = new EndpointDirectory({ database, vault, clock })
})

describe('the endpoint of a token', () => {
  it('comes with its tenant, its live secrets and its own limit', async () => {
    const { id, endpoint, token, scope } = await newTenant(database)
    expect(await directory.find(token)).toEqual({
      tenantId: id,
      endpointId: endpoint.id,
      secrets: [STRIPE_SECRET],
      rateLimit: undefined,
    })
    const [first] = await listSecrets(scope)
    await addSecret(scope, acting, { secret: 'whsec_the_next_one' })
    await updateTenant(scope, acting, { rateLimit: { requests: 7, seconds: 60 } })
    directory.forget()
    expect(await directory.find(token)).toMatchObject({
      secrets: ['whsec_the_next_one', STRIPE_SECRET],
      rateLimit: { requests: 7, seconds: 60 },
    })
    await retireSecret(scope, acting, first?.id ?? '')
    directory.forget()
    expect((await directory.find(token))?.secrets).toEqual(['whsec_the_next_one'])
  })

  it('is looked up again and again, but each secret is opened once', async () => {
    const open = vi.fn(vault.open)
    const counted = new EndpointDirectory({ database, vault: { ...vault, open }, clock })
    const { token, scope } = await newTenant(database)
    for (let second = 0; second < 3; second++) {
      expect((await counted.find(token))?.secrets).toEqual([STRIPE_SECRET])
      clock.forward(1)
    }
    expect(open).toHaveBeenCalledTimes(1)
    await addSecret(scope, acting, { secret: 'whsec_the_next_one' })
    expect((await counted.find(token))?.secrets).toEqual(['whsec_the_next_one', STRIPE_SECRET])
    expect(open).toHaveBeenCalledTimes(2)
  })

  /** A directory, and the hashes of the tokens that it asked the database for. */
  function watched() {
    let running = 0
    const seen = { most: 0, order: [] as string[] }
    const sqlFor = (purpose: Purpose): SystemSql => {
      const sql = database.sqlFor(purpose)
      return {
        ...sql,
        all: async (statement, values) => {
          running += 1
          seen.most = Math.max(seen.most, running)
          seen.order.push(String(values?.[0]))
          const rows = await sql.all(statement, values)
          running -= 1
          return rows
        },
      }
    }
    return { seen, directory: new EndpointDirectory({ database: { ...database, sqlFor }, vault, clock }) }
  }

  const flood = (directory: EndpointDirectory) =>
    Array.from({ length: 200 }, (_, n) => directory.find(String(n).padStart(32, 'x')))

  it('is looked up two at a time, and one that was met before waits for one at most that nobody has, however often those were asked for', async () => {
    const { seen, directory } = watched()
    const { token } = await newTenant(database)
    await directory.find(token)
    for (let again = 0; again < 2; again += 1) {
      clock.forward(1)
      seen.order.length = 0
      const unknown = flood(directory)
      expect(await directory.find(token)).toMatchObject({ secrets: [STRIPE_SECRET] })
      await Promise.all(unknown)
      expect(seen.most).toBe(2)
      expect(seen.order).toHaveLength(201)
      expect(seen.order.indexOf(sha256(token))).toBeLessThan(5)
    }
  })

  it('is asked for once by all who wait for it, however long that takes', async () => {
    const { seen, directory } = watched()
    const { token } = await newTenant(database)
    const unknown = flood(directory)
    const first = directory.find(token)
    clock.forward(1)
    expect(directory.find(token)).toBe(first)
    await Promise.all([...unknown, first])
    expect(seen.order.filter((hash) => hash === sha256(token))).toHaveLength(1)
  })

  it('is not asked for any more when its delivery was answered that the database is away', async () => {
    const { seen, directory } = watched()
    const unknown = flood(directory)
    clock.forward(5)
    const ends = await Promise.allSettled(unknown)
    expect(ends.slice(0, 2).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    for (const end of ends.slice(2))
      expect(end.status === 'rejected' && classifyFailure(end.reason)).toBe('away')
    expect(seen.order).toHaveLength(2)
    const { token } = await newTenant(database)
    expect(await directory.find(token)).toBeDefined()
  })

  it.each(['', 'x', 'a'.repeat(32), 'a'.repeat(33), '../../etc/passwd', '\u0000'.repeat(32)])(
    'attack: %j finds nothing',
    async (token) => expect(await directory.find(token)).toBeUndefined(),
  )

  it('is not found once its tenant is suspended or marked as deleted', async () => {
    const [a, b] = [await newTenant(database), await newTenant(database)]
    await suspendTenant(a.scope, acting)
    await markDeleted(database, acting, b.id)
    expect(await directory.find(a.token)).toBeUndefined()
    expect(await directory.find(b.token)).toBeUndefined()
  })

  it('is found by the former token until the grace is over, to the millisecond', async () => {
    const { token, scope } = await newTenant(database)
    const rotated = await rotateToken(scope, acting, { graceSeconds: 60 })
    clock.forward(59.5)
    const found = await directory.find(token)
    expect(found).toBeDefined()
    expect(await directory.find(rotated.token)).toEqual(found)
    clock.forward(0.499)
    expect(await directory.find(token)).toBeDefined()
    clock.forward(0.001)
    expect(await directory.find(token)).toBeUndefined()
    expect(await directory.find(rotated.token)).toBeDefined()
  })

  it('is found by every former token for as long as that one was promised, whatever was rotated since', async () => {
    const { token, scope } = await newTenant(database)
    const second = await rotateToken(scope, acting, { graceSeconds: 60 })
    const third = await rotateToken(scope, acting, { graceSeconds: 10 })
    const fourth = await rotateToken(scope, acting, { graceSeconds: 0 })
    const all = [token, second.token, third.token, fourth.token]
    const found = async () => (await Promise.all(all.map((one) => directory.find(one)))).map((one) => !!one)
    expect(await found()).toEqual([true, true, false, true])
    clock.forward(10)
    expect(await found()).toEqual([true, false, false, true])
    clock.forward(50)
    expect(await found()).toEqual([false, false, false, true])
  })
})

describe('what the directory remembers', () => {
  const lookups = () => vi.spyOn(database.sqlFor('delivery'), 'all')

  it('is an answer for half a second, good or bad, and one lookup for all who ask at once', async () => {
    const { token } = await newTenant(database)
    const asked = lookups()
    await Promise.all(Array.from({ length: 20 }, () => directory.find(token)))
    await Promise.all(Array.from({ length: 20 }, () => directory.find('b'.repeat(32))))
    expect(asked).toHaveBeenCalledTimes(2)
    clock.forward(0.499)
    await directory.find(token)
    await directory.find('b'.repeat(32))
    expect(asked).toHaveBeenCalledTimes(2)
    clock.forward(0.001)
    await directory.find(token)
    await directory.find('b'.repeat(32))
    expect(asked).toHaveBeenCalledTimes(4)
    asked.mockRestore()
  })

  it('is given up at once when told to forget', async () => {
    const { token, scope } = await newTenant(database)
    expect(await directory.find(token)).toBeDefined()
    await suspendTenant(scope, acting)
    directory.forget()
    expect(await directory.find(token)).toBeUndefined()
  })

  it('is never a failure of the database', async () => {
    const { token } = await newTenant(database)
    const asked = lookups().mockRejectedValueOnce(new Error('database is away'))
    await expect(directory.find(token)).rejects.toThrow('away')
    expect(await directory.find(token)).toBeDefined()
    asked.mockRestore()
  })

  it('attack: a flood of made-up tokens does not grow it without bound', async () => {
    const asked = lookups().mockResolvedValue([])
    const made = (n: number) => String(n).padStart(32, '0')
    for (let n = 0; n < 10_001; n++) await directory.find(made(n))
    asked.mockClear()
    await directory.find(made(10_000))
    expect(asked).not.toHaveBeenCalled()
    await directory.find(made(0)) // The oldest had to go.
    expect(asked).toHaveBeenCalledOnce()
    asked.mockRestore()
  })
})
