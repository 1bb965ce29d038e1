import { describe, expect, it, vi } from 'vitest'
import { environment, nowSeconds, post, startServer } from '../support/app.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { cli, cliJson, type Env, freshEnv } from './harness.ts'

// What a person does at the command line to roll a secret or an address, while deliveries come in at a server.

const [OLD, NEW] = ['whsec_old_0123456789abcdefghijkl', 'whsec_new_0123456789abcdefghijkl']
/** What another process did is known within a second; the machine may be busy. */
const SOON = { timeout: 45_000, interval: 100 }

let made = 0
/** An event that was not delivered before. */
const fresh = () => {
  const created = nowSeconds() - 5
  return event('charge.succeeded', charge({ created, id: `ch_roll_${++made}` }), {
    created,
    id: `evt_roll_${made}`,
  })
}

interface Tenant {
  id: string
  webhookToken: string
  apiKey: string
}

async function setUp(over: Record<string, string> = {}) {
  const { DATABASE_URL: databaseUrl, PUBLIC_URL } = await freshEnv()
  const env: Env = environment(databaseUrl, { PUBLIC_URL: PUBLIC_URL ?? '', ...over })
  const tenant = (await cliJson(env, ['tenant', 'create', 'Rolling', '--webhook-secret', '-'], OLD)) as Tenant
  return { databaseUrl, env, tenant }
}

describe("rolling Stripe's signing secret", () => {
  it('takes what either signs, from adding the new one until the old one is retired', async () => {
    const { databaseUrl, env, tenant } = await setUp()
    const { url } = await startServer(databaseUrl)
    const status = async (secret: string) => (await post(url, tenant.webhookToken, fresh(), secret)).status
    expect([await status(OLD), await status(NEW)]).toEqual([200, 400])

    await cliJson(env, ['secret', 'add', tenant.id, '-'], NEW)
    await vi.waitFor(async () => expect(await status(NEW)).toBe(200), SOON)
    expect(await status(OLD)).toBe(200)

    const list = (await cliJson(env, ['secret', 'list', tenant.id])) as { id: string; hint: string }[]
    expect(JSON.stringify(list)).not.toMatch(/whsec_(old|new)/)
    await cliJson(env, ['secret', 'retire', tenant.id, list[0]?.id ?? ''])
    await vi.waitFor(async () => expect(await status(OLD)).toBe(400), SOON)
    expect(await status(NEW)).toBe(200)
  })
})

describe('rotating the token in the URL', () => {
  const rotate = async (env: Env, tenant: Tenant, grace: string) => {
    const rotated = await cliJson(env, ['endpoint', 'rotate-token', tenant.id, '--grace', grace])
    return rotated as { webhookToken: string; previousTokenExpiresAt: string | null }
  }

  it('leaves the old URL open for the grace, and not longer', async () => {
    const { databaseUrl, env, tenant } = await setUp()
    const { url } = await startServer(databaseUrl)
    const status = async (token: string) => (await post(url, token, fresh(), OLD)).status
    expect(await status(tenant.webhookToken)).toBe(200)

    const { webhookToken } = await rotate(env, tenant, '1h')
    await vi.waitFor(async () => expect(await status(webhookToken)).toBe(200), SOON)
    expect(await status(tenant.webhookToken)).toBe(200)

    // One event over both URLs is one event.
    const both = fresh()
    expect((await post(url, tenant.webhookToken, both, OLD)).body).toMatchObject({ duplicate: false })
    expect((await post(url, webhookToken, both, OLD)).body).toMatchObject({ duplicate: true })

    // Rotated again within the grace: each of the three URLs works for as long as was said of it.
    const third = await rotate(env, tenant, '30m')
    const tokens = [tenant.webhookToken, webhookToken, third.webhookToken]
    expect(await Promise.all(tokens.map(status))).toEqual([200, 200, 200])

    const fourth = await rotate(env, tenant, '1s')
    await vi.waitFor(async () => expect(await status(third.webhookToken)).toBe(404), SOON)
    const others = [tenant.webhookToken, webhookToken, fourth.webhookToken]
    expect(await Promise.all(others.map(status))).toEqual([200, 200, 200])
  })

  it('closes it at once without one', async () => {
    const { databaseUrl, env, tenant } = await setUp()
    const { url } = await startServer(databaseUrl)
    const { webhookToken, previousTokenExpiresAt } = await rotate(env, tenant, '0')
    expect(previousTokenExpiresAt).toBeNull()
    await vi.waitFor(async () => {
      expect((await post(url, tenant.webhookToken, fresh(), OLD)).status).toBe(404)
    }, SOON)
    expect((await post(url, webhookToken, fresh(), OLD)).status).toBe(200)
  })
})

describe('rolling BILLINGWATCH_SECRET', () => {
  it('takes deliveries and shows URLs with the previous one beside it, and after rewrap without', async () => {
    const { databaseUrl, env, tenant } = await setUp()
    const old = env['BILLINGWATCH_SECRET'] ?? ''
    const next = { BILLINGWATCH_SECRET: 'the secret of the next year, long enough for anybody' }
    const show = async (with_: Env) => (await cli({ ...env, ...with_ }, ['endpoint', 'list', tenant.id])).code
    // With the new one alone nothing opens.
    expect(await show(next)).toBe(1)

    const rolling = { ...next, BILLINGWATCH_SECRET_PREVIOUS: old }
    const during = await startServer(databaseUrl, rolling)
    expect((await post(during.url, tenant.webhookToken, fresh(), OLD)).status).toBe(200)
    expect(await show(rolling)).toBe(0)

    // The secret and the token; a second time there is nothing left to move.
    const rewrap = () => cliJson({ ...env, ...rolling }, ['secret', 'rewrap'])
    expect(await rewrap()).toEqual({ rewrapped: 2 })
    expect(await rewrap()).toEqual({ rewrapped: 0 })

    const after = await startServer(databaseUrl, next)
    expect((await post(after.url, tenant.webhookToken, fresh(), OLD)).status).toBe(200)
    expect(await show(next)).toBe(0)
    // The old one opens nothing any more.
    expect(await show({ BILLINGWATCH_SECRET: old })).toBe(1)
  })
})
