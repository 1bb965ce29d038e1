import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { systemClock } from '../../src/time.ts'
import { raise, type Seed } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import {
  ADMIN_KEY,
  acting,
  codeOf,
  data,
  makeTenant,
  serveForAll,
  type TestTenant,
} from '../support/graphql.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)

const clock = { now: () => NOW, steady: () => systemClock.steady() }
const environment = { API_RATE_LIMIT: '100000/60' }

describe('what goes on at several tenants at once', () => {
  const SHARED = '{ sharedTrouble { detector startedAt tenants of } }'

  async function world() {
    const database = await testDatabase()
    const served = await serveForAll(database, { clock, environment })
    const at = async (minutes: number, seed: Seed = {}, tenant?: TestTenant) => {
      const where = tenant ?? (await makeTenant(database))
      const id = await raise(database, where.id, {
        detector: 'CARD_TESTING',
        detectedAt: ago(minutes),
        ...seed,
      })
      await scopeTo(database, where.id).db.webhookEndpoint.updateMany({
        where: { tenantId: where.id },
        data: { lastDeliveryAt: ago(1) },
      })
      return { tenant: where, id, scope: scopeTo(database, where.id) }
    }
    const shared = async () => (await data(served, ADMIN_KEY, SHARED))['sharedTrouble']
    return { database, served, at, shared }
  }

  test('is told from five of them on, within an hour, among those that are active', async () => {
    const { at, shared, database, served } = await world()
    const first = await at(60)
    for (const minutes of [50, 30, 10]) await at(minutes)
    // The same tenant twice is one; an hour earlier is another matter; so is another detector.
    await at(5, {}, first.tenant)
    await at(111)
    await at(20, { detector: 'REFUND_SPIKE' })
    expect(await shared()).toEqual([])
    await at(0)
    expect(await shared()).toEqual([
      { detector: 'CARD_TESTING', startedAt: ago(60).toISOString(), tenants: 5, of: 7 },
    ])
    await makeTenant(database)
    expect(await shared()).toMatchObject([{ tenants: 5, of: 7 }])
    expect(await codeOf(served, first.tenant.key, SHARED)).toBe('FORBIDDEN')
  })

  test('counts what is live, goes on, and nobody has decided about', async () => {
    const { at, shared } = await world()
    for (let n = 0; n < 4; n++) await at(30)
    await at(30, { origin: 'HISTORY' })
    await at(30, { livemode: false })
    await at(30, { status: 'FALSE_POSITIVE' })
    const ended = await at(30)
    await ended.scope.db.anomaly.updateMany({ where: { id: ended.id }, data: { endedAt: ago(1) } })
    const old = await at(30)
    await old.scope.db.anomaly.updateMany({ where: { id: old.id }, data: { detectedAt: ago(1_441) } })
    const cutOff = await at(30)
    await suspendTenant(cutOff.scope, acting)
    expect(await shared()).toEqual([])
    await at(30, { status: 'ACKNOWLEDGED' })
    expect(await shared()).toMatchObject([{ tenants: 5 }])
  })
})

describe('the list of tenants', () => {
  const database = testDatabase()

  test('can be in the order of trouble, names and ages, page by page', async () => {
    const db = await database
    const served = await serveForAll(db, { environment })
    const made = new Map<string, TestTenant>()
    for (const name of ['beta', 'Alpha', 'delta', 'Gamma']) made.set(name, await makeTenant(db, name))
    const trouble = async (name: string, seeds: Seed[]) => {
      for (const seed of seeds) await raise(db, made.get(name)?.id ?? '', seed)
    }
    await trouble('delta', [{ severity: 'HIGH' }, { severity: 'HIGH' }])
    await trouble('beta', [{ severity: 'CRITICAL' }])
    await trouble('Gamma', [{ severity: 'HIGH' }, { severity: 'MEDIUM' }, { severity: 'MEDIUM' }])
    await trouble('Alpha', [
      { severity: 'CRITICAL', status: 'RESOLVED' },
      { severity: 'CRITICAL', status: 'ACKNOWLEDGED' },
    ])
    const pages = async (order: string) => {
      const names: string[] = []
      for (let after = ''; ; ) {
        const { tenants } = (await data(
          served,
          ADMIN_KEY,
          `{ tenants(first: 3 ${order && `orderBy: ${order}`} ${after}) { nodes { name } pageInfo { endCursor hasNextPage } } }`,
        )) as {
          tenants: { nodes: { name: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
        }
        names.push(...tenants.nodes.map(({ name }) => name))
        if (!tenants.pageInfo.hasNextPage) return names
        after = `after: "${tenants.pageInfo.endCursor}"`
      }
    }
    expect(await pages('{field: TROUBLE}')).toEqual(['beta', 'delta', 'Gamma', 'Alpha'])
    expect(await pages('{field: TROUBLE, direction: ASC}')).toEqual(['Alpha', 'Gamma', 'delta', 'beta'])
    expect(await pages('{field: NAME}')).toEqual(['Alpha', 'beta', 'delta', 'Gamma'])
    expect(await pages('{field: NAME, direction: DESC}')).toEqual(['Gamma', 'delta', 'beta', 'Alpha'])
    expect(await pages('')).toEqual(['beta', 'Alpha', 'delta', 'Gamma'])
    expect(await pages('{direction: DESC}')).toEqual(['Gamma', 'delta', 'Alpha', 'beta'])
  })
})
