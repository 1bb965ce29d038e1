import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startReceiver } from '../support/receiver.ts'
import { cli, cliJson, freshEnv } from './harness.ts'

const made = z.looseObject({ id: z.string() })

describe('channel', () => {
  it('adds, lists, tests, shows and removes a channel, and reads secrets from stdin', async () => {
    const env = { ...(await freshEnv()), ALERT_ALLOWED_HOSTS: '127.0.0.1' }
    const receiver = await startReceiver()
    onTestFinished(() => receiver.close())
    const tenant = made.parse(await cliJson(env, ['tenant', 'create', 'Acme'])).id
    const add = [
      'channel',
      'add',
      tenant,
      '--kind',
      'webhook',
      '--name',
      'ops',
      '--url',
      '-',
      '--min-severity',
      'low',
    ]
    const channel = made.parse(await cliJson(env, add, `${receiver.url}/hook\n`))
    expect(channel).toEqual({
      id: expect.stringMatching(/^chn_/),
      name: 'ops',
      kind: 'WEBHOOK',
      state: 'ACTIVE',
      target: new URL(receiver.url).host,
      secret: expect.stringMatching(/^whsec_/),
    })
    const { secret: _, ...listed } = channel
    expect(await cliJson(env, ['channel', 'list', tenant])).toEqual([listed])
    expect(await cliJson(env, ['channel', 'test', tenant, channel.id])).toMatchObject({
      delivery: {
        id: expect.stringMatching(/^dlv_/),
        state: 'DELIVERED',
        why: null,
        attempts: [{ status: 200 }],
      },
    })
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook'])
    receiver.answer = (_request, response) => response.writeHead(500).end('no \u001b[31mthanks')
    const failed = await cli(env, ['channel', 'test', tenant, channel.id])
    expect(failed.code).toBe(1)
    expect(failed.stdout).toContain('answered 500: no [31mthanks')
    const shown = await cli(env, ['channel', 'show', tenant, channel.id])
    expect(shown.stdout).toMatch(/TEST +FAILED +answered 500: no \[31mthanks\n/)
    expect(await cliJson(env, ['channel', 'show', tenant, channel.id])).toMatchObject({
      ...listed,
      routing: { minSeverity: 'LOW' },
      schedule: { mode: 'NOW' },
      deliveries: [{ state: 'FAILED', why: 'answered 500' }, { state: 'DELIVERED' }],
    })
    await cliJson(env, ['channel', 'enable', tenant, channel.id])
    await cliJson(env, ['channel', 'remove', tenant, channel.id])
    expect(await cliJson(env, ['channel', 'list', tenant])).toEqual([])
  })

  it('says in one line what is wrong', async () => {
    const env = await freshEnv()
    const tenant = made.parse(await cliJson(env, ['tenant', 'create', 'Acme'])).id
    const add = (...more: string[]) => cli(env, ['channel', 'add', tenant, '--name', 'x', ...more])
    for (const [args, reason] of [
      [['--kind', 'pigeon'], '--kind must be'],
      [['--kind', 'webhook'], 'needs --url'],
      [['--kind', 'webhook', '--url', 'https://10.0.0.1/'], 'internet'],
      [['--kind', 'email', '--address', 'a@example.com'], 'SMTP_URL'],
    ] as const) {
      const { code, stderr } = await add(...args)
      expect(code).toBe(2)
      expect(stderr).toContain(reason)
    }
  })
})
