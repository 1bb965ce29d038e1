import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/storage/open.ts'
import { emptyDatabase } from '../support/database.ts'
import { cli, cliJson, type Env, freshEnv, SECRET } from './harness.ts'

let env: Env
beforeAll(async () => {
  env = await freshEnv()
})

const created = async (name: string, ...more: string[]) => {
  const answer = await cliJson(env, ['tenant', 'create', name, ...more])
  expect(answer).toEqual({
    id: expect.stringMatching(/^ten_/),
    name,
    webhookUrl: expect.stringMatching(/^http:\/\/localhost:4321\/webhook\/[0-9A-Za-z]{32}$/),
    webhookToken: expect.any(String),
    apiKey: expect.stringMatching(/^bw_live_[0-9A-Za-z]{42}$/),
  })
  return answer as { id: string; webhookUrl: string; webhookToken: string; apiKey: string }
}

describe('billingwatch migrate', () => {
  it('says what it applied, and nothing the second time', async () => {
    const fresh = { ...env, DATABASE_URL: await emptyDatabase() }
    expect((await cli(fresh, ['migrate', '--json'])).json()).toEqual({
      applied: expect.arrayContaining([expect.stringMatching(/_initial$/)]),
    })
    expect(await cliJson(fresh, ['migrate'])).toEqual({ applied: [] })
  })
})

describe('billingwatch tenant', () => {
  it('list says how to begin while there is none, and else that none fits', async () => {
    const fresh = await freshEnv()
    expect((await cli(fresh, ['tenant', 'list'])).stdout).toMatch(/no tenant yet.*tenant create/)
    expect((await cli(fresh, ['tenant', 'list', '--search', 'x'])).stdout).toBe('There is no such tenant.\n')
    expect(await cliJson(fresh, ['tenant', 'list'])).toEqual([])
  })

  it('create gives a URL that carries its token', async () => {
    const { webhookUrl, webhookToken } = await created('First')
    expect(webhookUrl.endsWith(`/webhook/${webhookToken}`)).toBe(true)
  })

  it('create reads the secret from stdin for -, and never shows it again', async () => {
    const answer = await cliJson(
      env,
      ['tenant', 'create', 'Piped', '--webhook-secret', '-'],
      'whsec_that_came_through_a_pipe\n',
    )
    const { id } = answer as { id: string }
    const list = await cliJson(env, ['secret', 'list', id])
    expect(list).toMatchObject([{ hint: 'whsec_…pipe', retiredAt: null }])
    expect(JSON.stringify(list)).not.toContain('that_came')
  })

  it('create with the same external id creates nothing', async () => {
    const { id } = await created('Mapped', '--external-id', 'crm-7', '--timezone', 'Europe/Berlin')
    expect(await cliJson(env, ['tenant', 'create', 'Other', '--external-id', 'crm-7'])).toEqual({
      id,
      name: 'Mapped',
      existing: true,
    })
  })

  it('tells people the URL, the key, and what to do next', async () => {
    const { code, stdout } = await cli(env, ['tenant', 'create', 'For people'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/http:\/\/localhost:4321\/webhook\//)
    expect(stdout).toMatch(/bw_live_/)
    expect(stdout).toMatch(/stripe listen --forward-to/)
    expect(stdout).toMatch(/secret add ten_/)
  })

  it('update, suspend, resume, show and list agree', async () => {
    const { id } = await created('Changing')
    expect(
      await cliJson(env, ['tenant', 'update', id, '--name', 'Changed', '--rate-limit', '10/1']),
    ).toMatchObject({ id, name: 'Changed', rateLimit: { requests: 10, seconds: 1 } })
    expect(await cliJson(env, ['tenant', 'suspend', id])).toMatchObject({ id, suspended: true })
    expect(await cliJson(env, ['tenant', 'list', '--search', 'CHANGED'])).toMatchObject([
      { id, suspended: true },
    ])
    expect(await cliJson(env, ['tenant', 'resume', id])).toMatchObject({ id, suspended: false })
    expect(await cliJson(env, ['tenant', 'update', id, '--rate-limit', 'default'])).toMatchObject({
      rateLimit: { requests: 6000, seconds: 60 },
    })
    await cliJson(env, ['tenant', 'update', id, '--timezone', 'Europe/Zurich'])
    expect(await cliJson(env, ['tenant', 'update', id, '--country', 'li'])).toMatchObject({ country: 'LI' })
    expect(await cliJson(env, ['tenant', 'update', id, '--country', 'default'])).toMatchObject({
      country: 'CH',
    })
    expect(await cliJson(env, ['tenant', 'show', id])).toMatchObject({
      name: 'Changed',
      timezone: 'Europe/Zurich',
      webhookEndpoints: [{ name: 'default', lastDeliveryAt: null }],
    })
  })

  it('delete erases it for good', async () => {
    const { id } = await created('Leaving')
    expect(await cliJson(env, ['tenant', 'delete', id, '--yes'])).toMatchObject({ id, deleted: true })
    expect(await cli(env, ['tenant', 'show', id])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `error: there is no tenant ${id}\n`,
    })
  })

  it.each([
    ['tenant', 'show', 'ten_nobody'],
    ['tenant', 'suspend', 'ten_nobody'],
    ['tenant', 'delete', 'ten_nobody', '--yes'],
    ['endpoint', 'list', 'ten_nobody'],
    ['secret', 'list', 'ten_nobody'],
    ['key', 'list', 'ten_nobody'],
    ['key', 'create', 'ten_nobody', '--role', 'admin'],
  ])('fails in one line where there is none: %s %s %s %s', async (...argv) => {
    const { code, stdout, stderr } = await cli(
      env,
      argv.filter((word) => word !== undefined),
    )
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe('error: there is no tenant ten_nobody\n')
  })

  it.each([
    [['tenant', 'create', 'X', '--timezone', 'Mars/Olympus'], /IANA/],
    [['tenant', 'create', 'X', '--country', 'Atlantis'], /ISO 3166-1/],
    [['tenant', 'create', 'X', '--webhook-secret', 'sk_live_123'], /whsec_/],
    [['tenant', 'create', ' '], /empty/],
  ])('refuses %j as wrong usage', async (argv, message) => {
    const { code, stderr } = await cli(env, argv)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('billingwatch endpoint', () => {
  it('add gives one URL for a name; rotate-token another one, the former for a while', async () => {
    const { id } = await created('Two accounts')
    const added = await cliJson(env, ['endpoint', 'add', id, 'shop'])
    expect(added).toMatchObject({ id: expect.stringMatching(/^whe_/), name: 'shop' })
    expect(await cliJson(env, ['endpoint', 'add', id, 'shop'])).toEqual(added)
    expect(await cliJson(env, ['endpoint', 'list', id])).toMatchObject([{ name: 'default' }, added])
    const before = Date.now()
    const rotated = (await cliJson(env, [
      'endpoint',
      'rotate-token',
      id,
      '--endpoint',
      'shop',
      '--grace',
      '2h',
    ])) as { webhookUrl: string; webhookToken: string; previousTokenExpiresAt: string }
    expect(rotated.webhookUrl.endsWith(rotated.webhookToken)).toBe(true)
    expect(rotated).not.toMatchObject({ webhookToken: (added as { webhookToken: string }).webhookToken })
    expect(Date.parse(rotated.previousTokenExpiresAt) - before).toBeGreaterThanOrEqual(7_200_000)
    const atOnce = ['endpoint', 'rotate-token', id, '--grace', '0', '--endpoint', 'default']
    expect(await cliJson(env, atOnce)).toMatchObject({ name: 'default', previousTokenExpiresAt: null })
  })

  it.each([
    ['endpoint', 'rotate-token'],
    ['secret', 'add'],
  ])('%s %s has to be told which of several', async (group, verb) => {
    const { id } = await created('Which of two')
    const secret = verb === 'add' ? ['whsec_for_one_of_the_two_endpoints'] : []
    expect((await cli(env, [group, verb, id, ...secret])).code).toBe(0)
    await cliJson(env, ['endpoint', 'add', id, 'shop'])
    const { code, stdout, stderr } = await cli(env, [group, verb, id, ...secret])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/say which endpoint, there are several: default \(whe_\w+\), shop \(whe_\w+\)/)
  })
})

describe('billingwatch secret', () => {
  it('add, list and retire show hints only', async () => {
    const { id } = await created('Secretive')
    const added = await cliJson(env, ['secret', 'add', id, 'whsec_first_secret_of_this_tenant'])
    expect(added).toMatchObject({ id: expect.stringMatching(/^whs_/), hint: 'whsec_…nant', retiredAt: null })
    const { id: secretId } = added as { id: string }
    expect(await cliJson(env, ['secret', 'retire', id, secretId])).toMatchObject({
      retiredAt: expect.any(String),
    })
    expect((await cli(env, ['secret', 'retire', id, 'whs_nobody'])).code).toBe(1)
  })

  it('rewrap moves everything to the new BILLINGWATCH_SECRET, after which the old one is not needed', async () => {
    const own = await freshEnv()
    const { id } = (await cliJson(own, ['tenant', 'create', 'Rolling'])) as { id: string }
    const next = { ...own, BILLINGWATCH_SECRET: 'the new secret of thirty-two characters, or more' }
    expect(await cli(next, ['tenant', 'show', id])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .*BILLINGWATCH_SECRET_PREVIOUS.*\n$/),
    })
    expect(await cliJson({ ...next, BILLINGWATCH_SECRET_PREVIOUS: SECRET }, ['secret', 'rewrap'])).toEqual({
      rewrapped: 1,
    })
    expect(await cliJson(next, ['tenant', 'show', id])).toMatchObject({ id })
  })
})

describe('billingwatch key', () => {
  it('create shows the key once; list and revoke never do', async () => {
    const { id } = await created('Keyed')
    const made = (await cliJson(env, [
      'key',
      'create',
      id,
      '--role',
      'member',
      '--name',
      'ci',
      '--expires',
      '90d',
    ])) as {
      id: string
      apiKey: string
      expiresAt: string
    }
    expect(made).toMatchObject({ id: expect.stringMatching(/^key_/), role: 'MEMBER', name: 'ci' })
    expect(Math.round((Date.parse(made.expiresAt) - Date.now()) / 86_400_000)).toBe(90)
    const list = await cliJson(env, ['key', 'list', id])
    expect(list).toMatchObject([{ role: 'ADMIN' }, { id: made.id, revokedAt: null }])
    expect(JSON.stringify(list)).not.toContain(made.apiKey)
    expect(await cliJson(env, ['key', 'revoke', id, made.id])).toMatchObject({
      revokedAt: expect.any(String),
    })
  })
})

describe('what the command line does', () => {
  it('stands in the activity of the tenant under its own name', async () => {
    const { id } = await created('Audited')
    await cliJson(env, ['tenant', 'suspend', id])
    const database = await openDatabase({ databaseUrl: env['DATABASE_URL'] ?? '' })
    try {
      const acts = await database.prisma.activity.findMany({
        where: { tenantId: id },
        orderBy: { seq: 'asc' },
      })
      expect(acts.at(-1)).toMatchObject({
        kind: 'TENANT_SUSPENDED',
        actorKind: 'OPERATOR',
        actorName: 'command line',
      })
    } finally {
      await database.close()
    }
  })
})
