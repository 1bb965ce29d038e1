import { beforeAll, describe, expect, it } from 'vitest'
import { double } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { cli, cliJson, type Env, freshEnv } from './harness.ts'

interface Tenant {
  id: string
}

let env: Env
let tenant: string
beforeAll(async () => {
  env = await freshEnv()
  const made = (await cliJson(env, ['tenant', 'create', 'Rebuilt'])) as Tenant
  tenant = made.id
  const lines = double(START).map((one) => JSON.stringify(one))
  await cliJson(env, ['replay', tenant, '-'], lines.join('\n'))
})

describe('billingwatch rebuild', { timeout: 60_000 }, () => {
  it('judges the past anew, and finds what is recorded', async () => {
    const judgedFrom = new Date(START * 1_000).toISOString()
    const expected = { events: 2, judgedFrom, same: 1, new: [], gone: [], changed: [] }
    expect(await cliJson(env, ['rebuild', tenant, '--dry-run'])).toEqual(expected)
    expect(await cliJson(env, ['rebuild', tenant])).toEqual(expected)
  })

  it('says for people what came of it', async () => {
    const { stdout } = await cli(env, ['rebuild', tenant])
    expect(stdout).toBe('2 events judged anew; anomalies found as before: 1.\n')
  })

  it('takes single detectors and a time to begin with', async () => {
    const argv = ['rebuild', tenant, '--detector', 'REVENUE_DROP', 'WEBHOOK_LAG', '--from', '2100-01-01']
    expect(await cliJson(env, argv)).toMatchObject({ same: 0, judgedFrom: '2100-01-01T00:00:00.000Z' })
  })

  it("takes a date for the day of the tenant's calendar", async () => {
    const { id } = (await cliJson(env, ['tenant', 'create', 'Tokyo', '--timezone', 'Asia/Tokyo'])) as Tenant
    await cliJson(env, ['replay', id, '-'], JSON.stringify(double(START)[0]))
    expect(await cliJson(env, ['rebuild', id, '--from', '2100-01-01'])).toMatchObject({
      judgedFrom: '2099-12-31T15:00:00.000Z',
    })
  })

  it.each([
    [['--detector', 'NO_SUCH']],
    [['--from', 'yesterday']],
    [['--from', '2026-3-1']],
    [['--from', '1']],
  ])('refuses %j', async (options) => {
    expect((await cli(env, ['rebuild', tenant, ...options])).code).toBe(2)
  })

  it('knows no tenant that is not there', async () => {
    const { code, stderr } = await cli(env, ['rebuild', 'ten_nobody'])
    expect(code).toBe(1)
    expect(stderr).toContain('ten_nobody')
  })
})
