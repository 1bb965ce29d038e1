import { expect, it, vi } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { updateTenant } from '../../src/tenancy/tenant.ts'
import { testDatabase } from '../support/database.ts'
import { eventBody, freshId, NOW, sign, startIngest } from './harness.ts'

const database = await testDatabase()

it('answers a tenant over its rate by 429, and leaves the others alone', async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 3, seconds: 60 } })
  const [loud, quiet] = [await ingest.tenant(), await ingest.tenant()]
  const statuses = []
  for (let n = 0; n < 5; n += 1) statuses.push((await ingest.deliver(loud, eventBody(freshId()))).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
  const refused = await ingest.deliver(loud, eventBody(freshId()))
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(refused.body).toHaveProperty('error.code', 'RATE_LIMITED')
  expect(await ingest.stored(loud.tenantId)).toHaveLength(3)
  expect((await ingest.deliver(quiet, eventBody(freshId()))).status).toBe(200)
})

it('never charges a forged request to the tenant that it names', async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 1, seconds: 60 } })
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  for (let n = 0; n < 10; n += 1)
    expect((await ingest.post(tenant.token, body, sign(body, 'whsec_forged', NOW))).status).toBe(400)
  expect((await ingest.deliver(tenant, body)).status).toBe(200)
})

it('says what is left also where storing takes too long: it was counted', async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 3, seconds: 60 } })
  const tenant = await ingest.tenant()
  vi.spyOn(ingest.inbox, 'accept').mockReturnValue(new Promise(() => {}))
  const { status, headers } = await ingest.deliver(tenant, eventBody(freshId()))
  expect([status, headers.get('ratelimit-remaining')]).toEqual([503, '2'])
}, 30_000)

it("goes by the tenant's own limit where it has one", async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 1, seconds: 60 } })
  const tenant = await ingest.tenant()
  await updateTenant(scopeTo(database, tenant.tenantId), ingest.acting, {
    rateLimit: { requests: 2, seconds: 60 },
  })
  const statuses = []
  for (let n = 0; n < 3; n += 1) statuses.push((await ingest.deliver(tenant, eventBody(freshId()))).status)
  expect(statuses).toEqual([200, 200, 429])
})

it('goes by a changed limit a second later, whether it was raised or lowered', async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 1, seconds: 3_600 } })
  const tenant = await ingest.tenant()
  const allow = async (requests: number, seconds: number) => {
    const scope = scopeTo(database, tenant.tenantId)
    await updateTenant(scope, ingest.acting, { rateLimit: { requests, seconds } })
    ingest.clock.seconds += 1
  }
  const statuses = async (count: number) => {
    const answers = []
    for (let n = 0; n < count; n += 1)
      answers.push((await ingest.deliver(tenant, eventBody(freshId()))).status)
    return answers
  }
  expect(await statuses(8)).toEqual([200, ...Array(7).fill(429)])
  await allow(3, 3_600)
  expect(await statuses(4)).toEqual([200, 200, 200, 429])
  await allow(1, 60)
  expect(await statuses(2)).toEqual([200, 429])
})

it('counts deliveries of five minutes for charts, forged ones together and not one by one', async () => {
  let writes = 0
  const ingest = await startIngest(database, {
    rateLimit: { requests: 4, seconds: 60 },
    through: (sql) => ({
      ...sql,
      write: (work) => {
        writes += 1
        return sql.write(work)
      },
    }),
  })
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  for (let n = 0; n < 20; n += 1) await ingest.post(tenant.token, body, 't=1,v1=00')
  expect(writes).toBeLessThan(5)
  for (let n = 0; n < 3; n += 1) await ingest.deliver(tenant, body)
  for (let n = 0; n < 3; n += 1) await ingest.deliver(tenant, eventBody(freshId()))
  const counts = { accepted: 2, duplicates: 2, badSignature: 20, throttled: 2 }
  const where = { tenantId: tenant.tenantId }
  await vi.waitFor(async () => {
    const rows = await database.prisma.deliveryBucket.findMany({ where })
    expect(rows).toEqual([
      {
        ...where,
        endpointId: tenant.endpointId,
        slot: Math.floor(NOW / 300),
        writer: expect.any(String),
        ...counts,
      },
    ])
    const endpoint = await database.prisma.webhookEndpoint.findFirst({ where })
    expect(endpoint?.lastDeliveryAt).toEqual(new Date(NOW * 1000))
  }, 45_000)

  ingest.clock.seconds += 301
  await ingest.post(tenant.token, body, 't=1,v1=00')
  await ingest.inbox.drain()
  const rows = await database.prisma.deliveryBucket.findMany({ where, orderBy: { slot: 'asc' } })
  expect(rows.map(({ badSignature }) => badSignature)).toEqual([20, 1])
  const after = await database.prisma.webhookEndpoint.findFirst({ where })
  expect(after?.lastDeliveryAt).toEqual(new Date(NOW * 1000))
})

it('says in every answer that counts what is left of the rate, and in no other', async () => {
  const ingest = await startIngest(database, { rateLimit: { requests: 2, seconds: 60 } })
  const tenant = await ingest.tenant()
  const standing = ({ status, headers }: Awaited<ReturnType<typeof ingest.deliver>>) => [
    status,
    headers.get('ratelimit-limit'),
    headers.get('ratelimit-remaining'),
  ]
  const first = await ingest.deliver(tenant, eventBody(freshId()))
  expect(standing(first)).toEqual([200, '2', '1'])
  expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(0)
  expect(standing(await ingest.deliver(tenant, '{"no":"event"}'))).toEqual([400, '2', '0'])
  expect(standing(await ingest.deliver(tenant, eventBody(freshId())))).toEqual([429, '2', '0'])
  const body = eventBody(freshId())
  expect(standing(await ingest.post(tenant.token, body, sign(body, 'whsec_forged', NOW)))).toEqual([
    400,
    null,
    null,
  ])
})
