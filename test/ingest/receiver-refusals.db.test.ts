import { expect, it } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { testDatabase } from '../support/database.ts'
import { eventBody, freshId, NOW, sign, signatureOf, startIngest } from './harness.ts'

const database = await testDatabase()
const ingest = await startIngest(database)
const { deliver, post, stored } = ingest

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

it('answers 503 while a signing secret does not open, and does not blame the database for it', async () => {
  const { tenantId, token, secret } = await ingest.tenant()
  const { id } = await database.prisma.webhookSecret.findFirstOrThrow({ where: { tenantId } })
  const sealed = createVault('a secret that this process was not given').seal(secret, {
    tenantId,
    id,
    purpose: 'webhook-secret',
  })
  await database.prisma.webhookSecret.update({ where: { tenantId_id: { tenantId, id } }, data: { sealed } })
  const before = await ingest.counted('failed')
  const body = eventBody(freshId())
  expect((await post(token, body, sign(body, secret, NOW))).status).toBe(503)
  expect(await ingest.counted('failed')).toBe(before + 1)
  expect(await ingest.counted('database_away')).toBe(0)
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
