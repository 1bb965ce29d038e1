import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../src/config.ts'
import { cli } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-usage-'))
afterAll(() => rmSync(folder, { recursive: true }))
const env = { DATABASE_URL: `file:${join(folder, 'untouched', 'bw.db')}` }

describe('the command line', () => {
  it('lists its commands and every variable of the environment in its help', async () => {
    const { code, stdout } = await cli(env, ['--help'])
    expect(code).toBe(0)
    for (const { name } of VARIABLES) expect(stdout).toContain(name)
    for (const command of [
      'serve',
      'migrate',
      'tenant',
      'endpoint',
      'secret',
      'key',
      'replay',
      'simulate',
      'events',
      'doctor',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
  })

  it.each([
    ['serve'],
    ['migrate'],
    ['events'],
    ['doctor'],
    ['replay'],
    ['simulate'],
    ...['create', 'list', 'show', 'update', 'suspend', 'resume', 'delete'].map((verb) => ['tenant', verb]),
    ...['add', 'list', 'rotate-token'].map((verb) => ['endpoint', verb]),
    ...['add', 'list', 'retire', 'rewrap'].map((verb) => ['secret', verb]),
    ...['create', 'list', 'revoke'].map((verb) => ['key', verb]),
  ])('explains `%s %s` with --help, --json among its options', async (...argv) => {
    const { code, stdout } = await cli(env, [...argv.filter((word) => word !== undefined), '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--json')
  })

  it.each<[string, string[], RegExp]>([
    ['no command at all', [], /Usage/],
    ['an unknown command', ['tenants'], /unknown command 'tenants'/],
    ['a group without its verb', ['tenant'], /Usage/],
    ['an unknown verb', ['tenant', 'destroy'], /unknown command 'destroy'/],
    ['an unknown option', ['tenant', 'list', '--everything'], /unknown option '--everything'/],
    ['a missing argument', ['tenant', 'create'], /missing required argument 'name'/],
    ['an argument too many', ['migrate', 'now'], /too many arguments/],
    ['a missing option', ['key', 'create', 'ten_x'], /--role/],
    ['an unknown role', ['key', 'create', 'ten_x', '--role', 'owner'], /viewer, member or admin/],
    ['a bad duration', ['key', 'create', 'ten_x', '--role', 'viewer', '--expires', 'soon'], /90d/],
    ['a bad port', ['serve', '--port', '70000'], /from 0 to 65535/],
    ['a bad limit', ['tenant', 'update', 'ten_x', '--rate-limit', 'lots'], /6000\/60/],
    ['an erasing that was not confirmed', ['tenant', 'delete', 'ten_x'], /--yes/],
    ['an empty standard input', ['secret', 'add', 'ten_x', '-'], /no secret came/],
  ])('answers %s with exit code 2, a word on stderr, and does nothing', async (_, argv, message) => {
    const { code, stdout, stderr } = await cli(env, argv)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each<[string, string[], string, RegExp, number]>([
    ['wrong usage', ['tenant', 'list', '--everything'], 'BAD_USER_INPUT', /unknown option/, 2],
    ['a missing argument', ['tenant', 'create'], 'BAD_USER_INPUT', /missing required argument/, 2],
    ['what is not confirmed', ['tenant', 'delete', 'ten_x'], 'BAD_USER_INPUT', /--yes/, 2],
    ['what is not there', ['tenant', 'show', 'ten_x'], 'NOT_FOUND', /no database at/, 1],
  ])('says %s as JSON under --json', async (_, argv, code, message, exit) => {
    const ran = await cli(env, [...argv, '--json'])
    expect(ran.code).toBe(exit)
    expect(ran.json()).toEqual({ error: { code, message: expect.stringMatching(message) } })
    expect(ran.stderr).toMatch(message)
    expect(readdirSync(folder)).toEqual([])
  })

  it('warns of variables that are nearly ones it reads', async () => {
    const { stderr } = await cli({ ...env, DATABASE_URI: 'x', BILLINGWATCH_PORT: '1' }, ['tenant', 'list'])
    expect(stderr).toContain('warning: BILLINGWATCH_PORT is set, but not read: did you mean PORT?')
  })

  it('names every mistake of the environment, exits with 1, and does nothing', async () => {
    const { code, stdout, stderr } = await cli({ ...env, PORT: 'http', LOG_LEVEL: 'loud' }, [
      'tenant',
      'list',
    ])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/PORT must be a whole number/)
    expect(stderr).toMatch(/LOG_LEVEL/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses to keep secrets without BILLINGWATCH_SECRET outside a local set-up, in one line', async () => {
    const { code, stderr } = await cli({ ...env, HOST: '0.0.0.0' }, ['tenant', 'create', 'Acme'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: BILLINGWATCH_SECRET is not set.*\n$/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('lists the Stripe event types one a line, or as an array', async () => {
    const lines = (await cli(env, ['events'])).stdout.trim().split('\n')
    expect(lines).toContain('charge.failed')
    expect((await cli(env, ['events', '--json'])).json()).toEqual(lines)
  })
})
