import { beforeAll, describe, expect, it } from 'vitest'
import { cli, cliJson } from '../cli/harness.ts'
import { environment, makeTenant, startServer } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'

const OTHER = 'another secret of more than thirty-two characters'

let databaseUrl: string
let former: string
/** Sealed under the usual secret, with one tenant. */
let sealed: string
let tenantId: string

beforeAll(async () => {
  databaseUrl = await emptyDatabase()
  const app = await startServer(databaseUrl)
  await makeTenant(app, databaseUrl, 'Acme')
  former = environment(databaseUrl)['BILLINGWATCH_SECRET'] ?? ''
  await app.close()
  sealed = await emptyDatabase()
  const made = await cliJson(environment(sealed), ['tenant', 'create', 'Acme'])
  tenantId = (made as { id: string }).id
})

describe('a server with another secret than its database was sealed with', () => {
  it("refuses to start, in one line that is doctor's", async () => {
    const start = startServer(databaseUrl, { BILLINGWATCH_SECRET: OTHER })
    const message = await start.then(
      () => 'started',
      (error: Error) => error.message,
    )
    const doctor = await cli(environment(databaseUrl, { BILLINGWATCH_SECRET: OTHER }), ['doctor', '--json'])
    const { findings } = doctor.json() as { findings: { check: string; message: string; advice: string }[] }
    const said = findings.find(({ check }) => check === 'secrets')
    expect(message).toBe(`${said?.message}. ${said?.advice}`)
    expect(message).toMatch(/^2 of 2 secrets and tokens cannot be opened.*BILLINGWATCH_SECRET[^\n]*$/)
  })

  it('starts with the former one beside it, and again refuses when that is taken away too soon', async () => {
    const rolling = { BILLINGWATCH_SECRET: OTHER, BILLINGWATCH_SECRET_PREVIOUS: former }
    const app = await startServer(databaseUrl, rolling)
    await app.close()
    const added = await cli(environment(databaseUrl, rolling), ['tenant', 'create', 'New', '--json'])
    expect(added.code).toBe(0)
    await expect(startServer(databaseUrl, { BILLINGWATCH_SECRET: OTHER })).rejects.toThrow('2 of 3 secrets')
    const rewrapped = await cli(environment(databaseUrl, rolling), ['secret', 'rewrap', '--json'])
    expect(rewrapped.json()).toEqual({ rewrapped: 2 })
    const after = await startServer(databaseUrl, { BILLINGWATCH_SECRET: OTHER })
    await after.close()
  })
})

describe('a command with another secret than its database was sealed with', () => {
  it.each([
    ['tenant create', () => ['tenant', 'create', 'Slip']],
    ['endpoint add', () => ['endpoint', 'add', tenantId, 'slip']],
    ['endpoint rotate-token', () => ['endpoint', 'rotate-token', tenantId]],
    ['secret add', () => ['secret', 'add', tenantId, 'whsec_slip_0123456789']],
  ])('stores nothing under it: %s is refused, and the server starts as before', async (_, argv) => {
    const foreign = environment(sealed, { BILLINGWATCH_SECRET: OTHER })
    const ran = await cli(foreign, [...argv(), '--json'])
    expect([ran.code, ran.json()]).toEqual([
      1,
      {
        error: { code: expect.any(String), message: expect.stringMatching(/^1 of 1 .*BILLINGWATCH_SECRET/) },
      },
    ])
    const app = await startServer(sealed)
    await app.close()
    const { webhookEndpoints } = (await cliJson(environment(sealed), ['tenant', 'show', tenantId])) as {
      webhookEndpoints: unknown[]
    }
    expect(webhookEndpoints).toHaveLength(1)
  })

  it('still does what needs no secret', async () => {
    const foreign = environment(sealed, { BILLINGWATCH_SECRET: OTHER })
    expect(await cliJson(foreign, ['tenant', 'list'])).toHaveLength(1)
    expect(await cliJson(foreign, ['key', 'create', tenantId, '--role', 'viewer'])).toMatchObject({
      apiKey: expect.any(String),
    })
  })
})
