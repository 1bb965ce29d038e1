import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { emptyDatabase } from '../support/database.ts'
import { eventBody, freshId, sign, startIngest, type TestTenant, VAULT_SECRET } from './harness.ts'

const databaseUrl = await emptyDatabase()
await migrate({ databaseUrl })
const database = await openDatabase({ databaseUrl })
afterAll(() => database.close())
const ingest = await startIngest(database)

/** Starts the server that dies at its first commit; resolves with its address. */
function startCrashing(): Promise<{ base: string; exited: Promise<string | null> }> {
  const script = fileURLToPath(new URL('crashing-server.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, databaseUrl, VAULT_SECRET], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<string | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)))
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (port) => resolve({ base: `http://127.0.0.1:${String(port).trim()}`, exited }))
    child.on('error', reject)
  })
}

it('loses nothing and doubles nothing when it is killed between the commit and the answer', {
  timeout: 60_000,
}, async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const { base, exited } = await startCrashing()
  const signature = sign(body, tenant.secret, Math.floor(Date.now() / 1000))
  const sent = fetch(`${base}/webhook/${tenant.token}`, {
    method: 'POST',
    body,
    headers: { 'stripe-signature': signature },
  })
  await expect(sent).rejects.toThrow()
  expect(await exited).toBe('SIGKILL')
  expect(await ingest.stored(tenant.tenantId)).toHaveLength(1)
  expect(await ingest.wakes(tenant.tenantId)).toHaveLength(1)

  expect((await ingest.deliver(tenant, body)).body).toEqual({ received: true, duplicate: true })
  expect(await ingest.stored(tenant.tenantId)).toHaveLength(1)
  expect(await ingest.wakes(tenant.tenantId)).toHaveLength(1)
})

it('makes one row of each id and calls one delivery of it new, whatever comes together and how often', async () => {
  const tenants: TestTenant[] = [await ingest.tenant(), await ingest.tenant(), await ingest.tenant()]
  let run = 0
  const deliveries = fc.array(
    fc.record({ tenant: fc.nat(2), id: fc.nat(6), livemode: fc.boolean(), together: fc.boolean() }),
    { minLength: 1, maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(deliveries, async (list) => {
      run += 1
      const prefix = `evt_run${run}_`
      const fresh = new Map<string, number>()
      let underway: Promise<void>[] = []
      for (const { tenant: index, id, livemode, together } of list) {
        const tenant = tenants[index]
        if (tenant === undefined) throw new Error('no such tenant')
        const key = `${index}/${prefix}${id}`
        if (!fresh.has(key)) fresh.set(key, 0)
        underway.push(
          ingest.deliver(tenant, eventBody(`${prefix}${id}`, { livemode })).then(({ status, body }) => {
            expect(status).toBe(200)
            if (JSON.stringify(body).includes('"duplicate":false')) fresh.set(key, (fresh.get(key) ?? 0) + 1)
          }),
        )
        if (together) continue
        await Promise.all(underway)
        underway = []
      }
      await Promise.all(underway)

      expect([...fresh.values()].every((count) => count === 1)).toBe(true)
      const rows = await database.prisma.stripeEvent.findMany({
        where: { stripeId: { startsWith: prefix } },
        select: { tenantId: true, stripeId: true, status: true },
      })
      expect(rows).toHaveLength(fresh.size)
      // Detection is told of each pending event exactly once.
      const pending = rows.filter(({ status }) => status === 'PENDING').map(({ stripeId }) => stripeId)
      const told = await Promise.all(tenants.map(({ tenantId }) => ingest.wakes(tenantId)))
      expect(
        told
          .flat(2)
          .filter((id) => id.startsWith(prefix))
          .sort(),
      ).toEqual(pending.sort())
    }),
    { numRuns: 15 },
  )
})
