import { expect, test, vi } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { ADMIN_KEY, environment, makeTenant, nowSeconds, post, query, STRIPE_SECRET } from '../support/app.ts'
import { emptyDatabase, testDatabase } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'

// A whole server at its most talkative, used well and badly; then everything that it said is searched.

test('no secret, key, token or payload is in any log line, error or metric', async () => {
  const databaseUrl = await emptyDatabase()
  const lines: string[] = []
  const METRICS_TOKEN = 'a metrics token, long enough'
  const config = readConfig(
    environment(databaseUrl, { LOG_LEVEL: 'trace', METRICS_TOKEN, PUBLIC_URL: 'https://b.example.com' }),
  )
  const app = await startApp({
    config,
    log: createLogger('trace', { write: (line) => void lines.push(line) }),
  })
  atEnd(() => app.close())
  const tenant = await makeTenant(app, databaseUrl, 'Discreet')
  const { url } = app
  const PRIVATE = 'very private words'
  const answers: string[] = []
  const ask = async (key: string, text: string, variables: Json = {}) =>
    void answers.push(JSON.stringify(await query(url, key, text, variables)))

  // Deliveries of every outcome.
  const created = nowSeconds() - 3
  const delivered = event('charge.failed', charge({ created, description: PRIVATE }), { created })
  for (const [token, sent, secret] of [
    [tenant.token, delivered, STRIPE_SECRET],
    [tenant.token, delivered, STRIPE_SECRET],
    [tenant.token, delivered, 'whsec_wrong_0123456789'],
    [tenant.token, PRIVATE, STRIPE_SECRET],
    [`${tenant.token.slice(1)}A`, delivered, STRIPE_SECRET],
  ] as const)
    answers.push(JSON.stringify((await post(url, token, sent, secret)).body))
  await vi.waitFor(
    async () => expect(await app.database.prisma.stripeEvent.count({ where: { status: 'PENDING' } })).toBe(0),
    { timeout: 45_000 },
  )

  // Good and bad credentials, mistakes in documents and inputs.
  await ask(tenant.key, '{ viewer { role } }')
  await ask(`${tenant.key}x`, '{ viewer { role } }')
  await ask(`${ADMIN_KEY}x`, '{ viewer { role } }')
  await ask(tenant.key, `{ nothing(secret: "${STRIPE_SECRET}") }`)
  await ask(
    tenant.key,
    'mutation($s: String!) { addWebhookSecret(input: {endpointId: "whe_x", secret: $s}) { webhookSecret { hint } } }',
    { s: STRIPE_SECRET },
  )
  await ask(
    tenant.key,
    'mutation($s: String!, $e: ID!) { addWebhookSecret(input: {endpointId: $e, secret: $s}) { webhookSecret { hint } } }',
    { s: STRIPE_SECRET, e: tenant.endpointId },
  )
  await ask(
    tenant.key,
    '{ activity { nodes { kind data note } } tenant { webhookEndpoints { secrets { hint } } apiKeys { nodes { prefix } } } }',
  )
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
  ).text()

  for (const outcome of ['stored', 'duplicate', 'bad_signature', 'not_an_event', 'unknown_endpoint'])
    expect(lines.join('')).toContain(`"${outcome}"`)
  expect(metrics).toContain('billingwatch_')
  const hidden = {
    key: tenant.key,
    token: tenant.token,
    secret: STRIPE_SECRET,
    operator: ADMIN_KEY,
    payload: PRIVATE,
    metrics: METRICS_TOKEN,
  }
  for (const [what, text] of Object.entries(hidden))
    for (const [where, said] of Object.entries({ log: lines.join(''), metrics, answers: answers.join('\n') }))
      expect(said.includes(text), `${what} in ${where}`).toBe(false)
  expect(metrics).not.toMatch(/ten_|whe_|tenant=/)
})

test('nothing that the database was asked with is in the log of its error', async () => {
  const { prisma } = await testDatabase()
  const asked = prisma.apiKey.findMany({ where: { hash: 'hash of a key', createdAt: new Date(NaN) } })
  const err = await asked.catch((reason: unknown) => reason)
  const lines: string[] = []
  createLogger('error', { write: (line) => void lines.push(line) }).error({ err }, 'failed')
  const [line] = lines
  expect(line).toContain('Provided Date object is invalid')
  expect(line).toContain(' at ')
  expect(line).not.toContain('hash of a key')
})
