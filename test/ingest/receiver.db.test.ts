import { expect, it } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { addSecret } from '../../src/tenancy/secrets.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
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

it('refuses every signature that is missing, forged, garbled or old, and stores nothing', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const good = signatureOf(body, tenant.secret, NOW)
  const at = (seconds: number) => sign(body, tenant.secret, seconds)
  const cases: [string, string | undefined, string][] = [
    ['none', undefined, 'BAD_SIGNATURE'],
    ['empty', '', 'BAD_SIGNATURE'],
    ['garbage', ',=,t,v1,,=t=;', 'BAD_SIGNATURE'],
    ['another secret', sign(body, 'whsec_of_somebody_else', NOW), 'BAD_SIGNATURE'],
    ['another body', sign(`${body} `, tenant.secret, NOW), 'BAD_SIGNATURE'],
    ['another time', `t=${NOW + 1},v1=${good}`, 'BAD_SIGNATURE'],
    ['no time', `v1=${good}`, 'BAD_SIGNATURE'],
    ['a time that is no number', `t=now,v1=${good}`, 'BAD_SIGNATURE'],
    ['only the fake scheme v0', `t=${NOW},v0=${good}`, 'BAD_SIGNATURE'],
    ['a truncated signature', `t=${NOW},v1=${good.slice(0, 63)}`, 'BAD_SIGNATURE'],
    ['the secret without whsec_', sign(body, tenant.secret.slice(6), NOW), 'BAD_SIGNATURE'],
    ['301 s old', at(NOW - 301), 'STALE_SIGNATURE'],
    ['two days old', at(NOW - 172_800), 'STALE_SIGNATURE'],
    ['old and forged', sign(body, 'whsec_of_somebody_else', NOW - 301), 'BAD_SIGNATURE'],
  ]
  for (const [name, header, code] of cases) {
    const answer = await post(tenant.token, body, header)
    expect([name, answer.status], name).toEqual([name, 400])
    expect(answer.body, name).toHaveProperty('error.code', code)
  }
  expect(await stored(tenant.tenantId)).toEqual([])
  expect((await post(tenant.token, body, at(NOW - 300))).status).toBe(200)
  expect((await post(tenant.token, body, at(NOW + 86_400))).status).toBe(200)
})

it('answers an unknown token, an odd one and a suspended tenant alike', async () => {
  const tenant = await ingest.tenant()
  await suspendTenant(scopeTo(database, tenant.tenantId), ingest.acting)
  const body = eventBody(freshId())
  const tokens = [tenant.token, 'A'.repeat(32), '', 'a/b', '..%2f', `${tenant.token}/`]
  const answers = []
  for (const token of tokens) {
    const { status, body: said } = await post(token, body, sign(body, tenant.secret, NOW))
    answers.push(JSON.stringify([status, said]))
  }
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatch(/^\[404,\{"error":\{"code":"NOT_FOUND",/)
  expect(await stored(tenant.tenantId)).toEqual([])
})

it('refuses a well-signed body that is no Stripe event', async () => {
  const tenant = await ingest.tenant()
  const bodies = [
    'not json',
    '{',
    '[]',
    `[${eventBody('evt_in_array')}]`,
    'null',
    '"evt"',
    '42',
    '{}',
    '{"object":"charge","id":"ch_1"}',
    '{"__proto__":{"id":"evt_proto","object":"event","type":"x","created":1,"livemode":true}}',
    `\ufeff${eventBody('evt_bom')}`,
    eventBody('', {}),
    eventBody('evt_no_time', { created: 'yesterday' }),
    eventBody('evt_no_type', { type: null }),
  ]
  for (const body of bodies) {
    const answer = await deliver(tenant, body)
    expect([body, answer.status], body).toEqual([body, 400])
    expect(answer.body).toHaveProperty('error.code', 'NOT_AN_EVENT')
  }
  expect((await post(tenant.token, '', `t=${NOW},v1=${signatureOf('', tenant.secret, NOW)}`)).status).toBe(
    400,
  )
  expect(await stored(tenant.tenantId)).toEqual([])
})

it('is not led astray by keys that touch prototypes', async () => {
  const tenant = await ingest.tenant()
  const id = freshId()
  const body = eventBody(id).replace(
    '{',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}},',
  )
  expect((await deliver(tenant, body)).status).toBe(200)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(await stored(tenant.tenantId)).toEqual([{ stripeId: id, status: 'PENDING' }])
})

it.each([
  ['after the event', (event: string) => Buffer.concat([Buffer.from(event), Buffer.from([0xff, 0xfe])])],
  ['inside a text', (event: string) => Buffer.from(event.replace('cus_1', 'cus_\xff'), 'latin1')],
])('tells signed bytes that are no UTF-8 from a bad signature: %s', async (_where, bytesOf) => {
  const tenant = await ingest.tenant()
  const body = bytesOf(eventBody(freshId()))
  const send = (signature: string) => post(tenant.token, new Uint8Array(body), signature)
  const signed = await send(sign(body, tenant.secret, NOW))
  expect([signed.status, signed.body]).toEqual([
    400,
    expect.objectContaining({ error: expect.objectContaining({ code: 'NOT_AN_EVENT' }) }),
  ])
  // As text both would read the same.
  const asText = await send(sign(body.toString(), tenant.secret, NOW))
  expect([asText.status, asText.body]).toEqual([
    400,
    expect.objectContaining({ error: expect.objectContaining({ code: 'BAD_SIGNATURE' }) }),
  ])
  expect(await stored(tenant.tenantId)).toEqual([])
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

it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
  'answers %s by 405 and says what is allowed',
  async (method) => {
    const tenant = await ingest.tenant()
    const answer = await post(tenant.token, '', undefined, {
      method,
      ...(method === 'GET' ? { body: null } : { body: 'x'.repeat(5_000) }),
    })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
    expect(answer.body).toHaveProperty('error.code', 'METHOD_NOT_ALLOWED')
  },
)

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

it('says of a missing signature header that it is missing, not that it is wrong', async () => {
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const missing = await post(tenant.token, body, undefined)
  const forged = await post(tenant.token, body, sign(body, 'whsec_forged', NOW))
  expect([missing.status, forged.status]).toEqual([400, 400])
  expect(missing.body).toMatchObject({
    error: { message: expect.stringContaining('no stripe-signature header') },
  })
  expect(forged.body).toMatchObject({ error: { message: expect.stringContaining('signing secrets') } })
})
