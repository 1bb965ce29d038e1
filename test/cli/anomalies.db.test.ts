import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../src/cli/main.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { raise } from '../support/anomalies.ts'
import { atEnd } from '../support/endings.ts'
import { SOON } from '../support/feed.ts'
import { cli, cliJson, type Env, freshEnv } from './harness.ts'

let env: Env
let database: Database
let tenant: string
beforeAll(async () => {
  const fresh = await freshEnv()
  env = fresh
  database = await openDatabase({ databaseUrl: fresh.DATABASE_URL })
  atEnd(() => database.close())
  tenant = await newTenant()
})

const newTenant = async (): Promise<string> => {
  const { id } = (await cliJson(env, ['tenant', 'create', 'Looked at'])) as { id: string }
  return id
}

const hour = 3_600_000
const ago = (hours: number): Date => new Date(Date.now() - hours * hour)

/** What a command shows on a terminal, with or without colours. */
async function onTerminal(argv: readonly string[], colours: boolean): Promise<string> {
  let text = ''
  const stdout = { isTTY: true, hasColors: () => colours, write: (more: string) => (text += more) }
  await run(argv, { env, stdin: (async function* () {})(), stdout, stderr: { write: () => {} } })
  return text
}

describe('billingwatch anomalies', () => {
  it('list shows the newest first, as GraphQL has them or for people', async () => {
    expect((await cli(env, ['anomalies', 'list', tenant])).stdout).toBe('There is no anomaly like that.\n')
    const old = await raise(database, tenant, { severity: 'HIGH', title: 'Old trouble', detectedAt: ago(50) })
    const fresh = await raise(database, tenant, {
      severity: 'CRITICAL',
      title: 'New \u001b[31mtrouble',
      detectedAt: ago(2),
    })
    expect(await cliJson(env, ['anomalies', 'list', tenant])).toMatchObject([
      {
        id: fresh,
        detector: 'CHARGE_FAILURE_SPIKE',
        severity: 'CRITICAL',
        status: 'OPEN',
        origin: 'LIVE',
        startedAt: expect.any(String),
        subjects: expect.any(Array),
        evidence: expect.any(Array),
        acknowledgedBy: null,
      },
      { id: old },
    ])
    const { stdout } = await cli(env, ['anomalies', 'list', tenant])
    expect(stdout).toMatch(/^SEVERITY {2}STATUS {2}BEGAN/)
    expect(stdout).toMatch(new RegExp(`^CRITICAL {2}OPEN +2 hours ago +${fresh} {2}New`, 'm'))
    expect(stdout).toMatch(new RegExp(`^HIGH {6}OPEN +2 days ago +${old} {2}Old trouble$`, 'm'))
    expect(stdout).not.toContain('\u001b')
    expect(await onTerminal(['anomalies', 'list', tenant], true)).toContain('\u001b[31m')
    expect(await onTerminal(['anomalies', 'list', tenant], false)).not.toContain('\u001b')
  })

  it('list is narrowed as the API is, and says what it does not know', async () => {
    const mine = await newTenant()
    const one = await raise(database, mine, { severity: 'LOW', detectedAt: ago(100) })
    const two = await raise(database, mine, {
      severity: 'HIGH',
      detectedAt: ago(1),
      detector: 'REFUND_SPIKE',
    })
    const ids = async (...more: string[]) =>
      ((await cliJson(env, ['anomalies', 'list', mine, ...more])) as { id: string }[]).map(({ id }) => id)
    expect(await ids('--severity', 'low,medium')).toEqual([one])
    expect(await ids('--detector', 'refund-spike')).toEqual([two])
    expect(await ids('--since', '2d')).toEqual([two])
    expect(await ids('--limit', '1')).toEqual([two])
    expect(await ids('--status', 'resolved')).toEqual([])
    const wrong = await cli(env, ['anomalies', 'list', mine, '--severity', 'awful', '--json'])
    expect([wrong.code, wrong.json()]).toEqual([
      2,
      { error: { code: 'BAD_USER_INPUT', message: expect.stringMatching(/LOW, MEDIUM, HIGH, CRITICAL/) } },
    ])
  })

  it('show says all of one, and nothing of another tenant', async () => {
    const id = await raise(database, tenant, {
      title: 'Twice',
      message: 'It was twice.',
      note: 'seen before',
      detectedAt: ago(1),
      impact: { amount: 2_900, currency: 'usd' },
      subjects: [{ type: 'charge', id: 'ch_shown' }],
    })
    const { stdout } = await cli(env, ['anomalies', 'show', tenant, id])
    for (const part of [
      'Twice',
      'It was twice.',
      '1 hour ago',
      '$29.00',
      'charge ch_shown',
      'seen before',
      'What to do',
    ])
      expect(stdout).toContain(part)
    expect(await cliJson(env, ['anomalies', 'show', tenant, id])).toMatchObject({
      id,
      series: expect.any(Array),
    })
    expect(await cli(env, ['anomalies', 'show', await newTenant(), id, '--json'])).toMatchObject({ code: 1 })
  })

  it('acknowledge, resolve, reopen and false-positive are steps of the operator', async () => {
    const id = await raise(database, tenant)
    const step = (verb: string, ...more: string[]) => cliJson(env, ['anomalies', verb, tenant, id, ...more])
    expect(await step('acknowledge', '--note', 'on it')).toMatchObject({
      status: 'ACKNOWLEDGED',
      note: 'on it',
      acknowledgedBy: { kind: 'OPERATOR', name: 'command line' },
    })
    expect(await step('resolve')).toMatchObject({ status: 'RESOLVED' })
    expect(await step('reopen')).toMatchObject({ status: 'OPEN' })
    expect(await step('false-positive', '--reason', 'a drill')).toMatchObject({
      status: 'FALSE_POSITIVE',
      falsePositiveReason: 'a drill',
    })
    const conflict = await cli(env, ['anomalies', 'acknowledge', tenant, id, '--json'])
    expect([conflict.code, conflict.json()]).toMatchObject([1, { error: { code: 'CONFLICT' } }])
    const gone = await cli(env, ['anomalies', 'resolve', tenant, 'anm_nothing'])
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: there is no anomaly anm_nothing/i),
    ])
  })

  it('export gives the CSV of the API, or one JSON array of however many', async () => {
    const mine = await newTenant()
    expect(await cliJson(env, ['anomalies', 'export', mine])).toEqual([])
    const ids: string[] = []
    for (let i = 0; i < 53; i++) ids.unshift(await raise(database, mine, { title: `No. ${i}` }))
    const { stdout } = await cli(env, ['anomalies', 'export', mine])
    const [head, ...rows] = stdout.trimEnd().split('\r\n')
    expect(head).toMatch(/^id,detector,severity,/)
    expect(rows.map((row) => row.split(',')[0])).toEqual(ids)
    expect(await cliJson(env, ['anomalies', 'export', mine])).toMatchObject(ids.map((id) => ({ id })))
  })

  it('watch says each that is raised or changed, one JSON document a line, until it is stopped', async () => {
    const mine = await newTenant()
    await raise(database, mine, { title: 'before' })
    const program = join(import.meta.dirname, '../../src/billingwatch.ts')
    const argv = ['--import', import.meta.resolve('tsx'), program, 'anomalies', 'watch', mine, '--json']
    const child = spawn(process.execPath, argv, {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    await vi.waitFor(() => expect(err).toContain('Watching'), SOON)
    const shown = () =>
      out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { id: string; status: string })
    // Whether it stands already is known when the first is shown.
    await vi.waitFor(async () => {
      await raise(database, mine, { title: 'are you there' })
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(shown()).not.toEqual([])
    }, SOON)
    const id = await raise(database, mine)
    await cliJson(env, ['anomalies', 'acknowledge', mine, id])
    await vi.waitFor(
      () =>
        expect(
          shown()
            .filter((one) => one.id === id)
            .at(-1)?.status,
        ).toBe('ACKNOWLEDGED'),
      SOON,
    )
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGINT')
    expect(await closed).toBe(0)
  }, 60_000)
})
