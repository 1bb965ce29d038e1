import { beforeAll, describe, expect, it } from 'vitest'
import { cli } from '../cli/harness.ts'
import { environment, makeTenant, startServer } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'

const OTHER = 'another secret of more than thirty-two characters'

let databaseUrl: string
let former: string

beforeAll(async () => {
  databaseUrl = await emptyDatabase()
  const app = await startServer(databaseUrl)
  await makeTenant(app, databaseUrl, 'Acme')
  former = environment(databaseUrl)['BILLINGWATCH_SECRET'] ?? ''
  await app.close()
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
