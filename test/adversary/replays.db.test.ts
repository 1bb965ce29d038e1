import { expect, it } from 'vitest'
import { eventBody, freshId, NOW, sign, signatureOf, startIngest } from '../ingest/harness.ts'
import { testDatabase } from '../support/database.ts'

const database = await testDatabase()
const { tenant: newTenant, post, stored, clock } = await startIngest(database)

it('a delivery that is sent again, signature and all, is known and changes nothing', async () => {
  const tenant = await newTenant()
  const body = eventBody(freshId())
  const signature = sign(body, tenant.secret, NOW)
  expect((await post(tenant.token, body, signature)).body).toEqual({ received: true, duplicate: false })
  const again = await Promise.all(Array.from({ length: 10 }, () => post(tenant.token, body, signature)))
  for (const answer of again) expect(answer.body).toEqual({ received: true, duplicate: true })
  expect(await stored(tenant.tenantId)).toHaveLength(1)
})

it("a delivery of one tenant is worth nothing at another's address, and takes nothing of it", async () => {
  const [a, b] = [await newTenant(), await newTenant()]
  const body = eventBody(freshId())
  const signature = sign(body, a.secret, NOW)
  const answer = await post(b.token, body, signature)
  expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'BAD_SIGNATURE' } }])
  expect(await stored(b.tenantId)).toEqual([])
  expect((await post(a.token, body, signature)).body).toEqual({ received: true, duplicate: false })
})

it('a signature does not go over to another body, time or scheme', async () => {
  const tenant = await newTenant()
  const [body, other] = [eventBody(freshId()), eventBody(freshId())]
  const good = signatureOf(body, tenant.secret, NOW)
  for (const header of [
    sign(body, tenant.secret, NOW),
    // The time of a fresh delivery before the signature of an old one.
    `t=${NOW + 60},v1=${good}`,
    `t=${NOW},t=${NOW + 60},v1=${good}`,
    `t=${NOW},v0=${signatureOf(other, tenant.secret, NOW)}`,
    `t=${NOW},v1=${good.toUpperCase()}`,
  ])
    expect((await post(tenant.token, other, header)).status, header).toBe(400)
  expect(await stored(tenant.tenantId)).toEqual([])
})

it('a delivery that was caught and kept is stale after five minutes', async () => {
  const tenant = await newTenant()
  const body = eventBody(freshId())
  const signature = sign(body, tenant.secret, NOW)
  clock.seconds = NOW + 301
  try {
    const answer = await post(tenant.token, body, signature)
    expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'STALE_SIGNATURE' } }])
    expect(await stored(tenant.tenantId)).toEqual([])
  } finally {
    clock.seconds = NOW
  }
})
