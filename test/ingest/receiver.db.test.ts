import { expect, it } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { addSecret } from '../../src/tenancy/secrets.ts'
import { testDatabase } from '../support/database.ts'
import { eventBody, freshId, NOW, sign, signatureOf, startIngest } from './harness.ts'

const database = await testDatabase()
const ingest = await startIngest(database)
const { deliver, post, stored } = ingest

it('answers 200 for a stored event, with the bytes that were signed and what the list shows of it', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody('evt_whole', { account: 'acct_7' })
  const answer = await deliver(tenant, body)
  expect([answer.status, answer.body]).toEqual([200, { received: true, duplicate: false }])
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('x-request-id')).toMatch(/./)

  const { payload, ...row } = await database.prisma.stripeEvent.findFirstOrThrow({
    where: { tenantId: tenant.tenantId },
  })
  expect(Buffer.from(payload ?? []).toString()).toBe(body)
  expect(row).toEqual({
    tenantId: tenant.tenantId,
    stripeId: 'evt_whole',
    endpointId: tenant.endpointId,
    account: 'acct_7',
    livemode: true,
    type: 'charge.succeeded',
    apiVersion: '2025-03-31.basil',
    createdAt: new Date((NOW - 2) * 1000),
    receivedAt: new Date(NOW * 1000),
    source: 'WEBHOOK',
    processedAt: null,
    status: 'PENDING',
    facts: null,
    factsVersion: null,
    error: null,
    objectId: 'ch_evt_whole',
    customerId: 'cus_1',
    amount: 2_500n,
    currency: 'eur',
  })
  expect(await ingest.wakes(tenant.tenantId)).toEqual([['evt_whole']])
})

it('dates a delivery by its signature when the clock is behind that, and has it judged by the clock', async () => {
  const tenant = await ingest.tenant()
  const minutes = new Map([
    [0.5, 0],
    [60, 60],
    [24 * 60 + 1, 0],
  ])
  for (const ahead of minutes.keys()) {
    const body = eventBody(`evt_ahead${ahead}`)
    const answer = await post(tenant.token, body, sign(body, tenant.secret, NOW + ahead * 60))
    expect(answer.status).toBe(200)
  }
  const rows = await database.prisma.stripeEvent.findMany({ where: { tenantId: tenant.tenantId } })
  const dated = rows.map(({ stripeId, receivedAt }) => [stripeId, receivedAt.getTime() / 1_000 - NOW])
  expect(new Map(dated as [string, number][])).toEqual(
    new Map([...minutes].map(([ahead, by]) => [`evt_ahead${ahead}`, by * 60])),
  )
  const wakes = await database.prisma.wake.findMany({ where: { tenantId: tenant.tenantId } })
  expect(wakes.map(({ dueAt }) => dueAt)).toEqual(wakes.map(() => new Date(NOW * 1_000)))
})

it('answers the exact text of the contract', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const send = async () =>
    (
      await fetch(`${ingest.server.base}/webhook/${tenant.token}`, {
        method: 'POST',
        body,
        headers: { 'stripe-signature': sign(body, tenant.secret, NOW) },
      })
    ).text()
  expect(await send()).toBe('{"received":true,"duplicate":false}')
  expect(await send()).toBe('{"received":true,"duplicate":true}')
})

it('knows an event that comes again, and changes nothing for it', async () => {
  const tenant = await ingest.tenant()
  const id = freshId()
  await deliver(tenant, eventBody(id))
  const again = await deliver(tenant, eventBody(id, { type: 'charge.failed', pending_webhooks: 0 }))
  expect([again.status, again.body]).toEqual([200, { received: true, duplicate: true }])
  const rows = await database.prisma.stripeEvent.findMany({ where: { tenantId: tenant.tenantId } })
  expect(rows.map(({ type }) => type)).toEqual(['charge.succeeded'])
  expect(await ingest.wakes(tenant.tenantId)).toEqual([[id]])
})

it('stores one row for fifty deliveries of the same event at once, and calls one of them new', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(tenant, body)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
  const fresh = answers.filter(({ body }) => JSON.stringify(body) === '{"received":true,"duplicate":false}')
  expect(fresh).toHaveLength(1)
  expect(await stored(tenant.tenantId)).toHaveLength(1)
  expect((await ingest.wakes(tenant.tenantId)).flat()).toHaveLength(1)
})

it('keeps the same Stripe id of two tenants as two events', async () => {
  const [one, two] = [await ingest.tenant(), await ingest.tenant()]
  const body = eventBody('evt_shared')
  for (const tenant of [one, two])
    expect((await deliver(tenant, body)).body).toEqual({ received: true, duplicate: false })
  expect(await stored(one.tenantId)).toEqual(await stored(two.tenantId))
})

it('accepts any live secret while Stripe rolls one, and any good v1 among several', async () => {
  const tenant = await ingest.tenant()
  const other = 'whsec_the_new_one_after_the_roll'
  const scope = scopeTo(database, tenant.tenantId)
  await addSecret(scope, ingest.acting, { endpoint: tenant.endpointId, secret: other })
  ingest.endpoints.forget()
  for (const secrets of [[tenant.secret], [other], [other, tenant.secret], ['whsec_unknown', other]]) {
    const body = eventBody(freshId())
    const marks = secrets.map((secret) => `v1=${signatureOf(body, secret, NOW)}`)
    expect((await post(tenant.token, body, `t=${NOW},${marks.join(',')}`)).status).toBe(200)
  }
})

it('stores a thin event without waking anybody for it', async () => {
  const tenant = await ingest.tenant()
  const body = JSON.stringify({
    id: 'evt_thin',
    object: 'v2.core.event',
    type: 'v1.charge.succeeded',
    created: '2026-03-02T09:59:58.000Z',
    livemode: true,
    related_object: { id: 'ch_thin', type: 'charge', url: '/v1/charges/ch_thin' },
  })
  expect((await deliver(tenant, body)).body).toEqual({ received: true, duplicate: false })
  expect(await stored(tenant.tenantId)).toEqual([{ stripeId: 'evt_thin', status: 'IGNORED' }])
  expect(await ingest.wakes(tenant.tenantId)).toEqual([])
})

it('stores an event of a type that nobody listens to as pending, for detection to decide', async () => {
  const tenant = await ingest.tenant()
  const id = freshId()
  await deliver(tenant, eventBody(id, { type: 'something.new' }))
  expect(await stored(tenant.tenantId)).toEqual([{ stripeId: id, status: 'PENDING' }])
})

it('takes test events as they come until the first live one, and ignores them from then on', async () => {
  const tenant = await ingest.tenant()
  const test = (id: string) => deliver(tenant, eventBody(id, { livemode: false }))
  await test('evt_1')
  expect(
    (await database.prisma.tenant.findUnique({ where: { id: tenant.tenantId } }))?.firstLiveAt,
  ).toBeNull()
  await deliver(tenant, eventBody('evt_2'))
  await test('evt_3')
  await deliver(tenant, eventBody('evt_4'))
  expect(await stored(tenant.tenantId)).toEqual([
    { stripeId: 'evt_1', status: 'PENDING' },
    { stripeId: 'evt_2', status: 'PENDING' },
    { stripeId: 'evt_3', status: 'IGNORED' },
    { stripeId: 'evt_4', status: 'PENDING' },
  ])
  const row = await database.prisma.tenant.findUnique({ where: { id: tenant.tenantId } })
  expect(row?.firstLiveAt).toEqual(new Date(NOW * 1000))

  // A process that has just started knows nothing of it by heart.
  const restarted = await startIngest(database)
  await restarted.deliver(tenant, eventBody('evt_5', { livemode: false }))
  expect((await stored(tenant.tenantId)).at(-1)).toEqual({ stripeId: 'evt_5', status: 'IGNORED' })
})

it('logs one line a delivery, without token, secret, signature or payload', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId(), { data: { object: { id: 'ch_1', note: 'very private' } } })
  ingest.lines.length = 0
  await deliver(tenant, body)
  await deliver(tenant, body)
  await post(tenant.token, body, 't=1,v1=abcdef')
  await post(tenant.token, body, sign(body, tenant.secret, NOW - 1_000))
  await post('B'.repeat(32), body, sign(body, tenant.secret, NOW))
  await deliver(tenant, 'very private')
  const outcomes = ingest.lines.map((line) => JSON.parse(line).outcome)
  expect(outcomes).toEqual([
    'stored',
    'duplicate',
    'bad_signature',
    'stale',
    'unknown_endpoint',
    'not_an_event',
  ])
  const text = ingest.lines.join('')
  for (const hidden of [tenant.token, 'B'.repeat(32), tenant.secret, 'whsec_', 'v1=', 'very private'])
    expect(text).not.toContain(hidden)
  expect(text).toContain(tenant.endpointId)
})

it('counts every outcome under its name', async () => {
  const tenant = await ingest.tenant()
  const before = await ingest.counted('bad_signature')
  await post(tenant.token, eventBody(freshId()), 't=1,v1=00')
  expect(await ingest.counted('bad_signature')).toBe(before + 1)
  expect(await ingest.metrics.registry.metrics()).toMatch(
    /billingwatch_webhook_deliveries_total\{outcome="stored"\} [1-9]/,
  )
})
