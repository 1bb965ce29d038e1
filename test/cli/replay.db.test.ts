import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { cli, cliJson, type Env, freshEnv } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'billingwatch-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let env: Env
let tenant: string
beforeAll(async () => {
  env = await freshEnv()
})

const newTenant = async (): Promise<string> => {
  const { id } = (await cliJson(env, ['tenant', 'create', 'Replayed'])) as { id: string }
  return id
}

const paid = (at: number, fields: Json = {}) =>
  JSON.stringify(event('charge.succeeded', charge({ created: at, ...fields }), { created: at }))
const doubled = [
  paid(START, { customer: 'cus_2' }),
  paid(START + 5, { customer: 'cus_2' }),
  paid(START + 90_000, { customer: 'cus_3' }),
]

function fileOf(lines: readonly string[], end = '\n'): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.jsonl`)
  writeFileSync(file, lines.join(end) + end)
  return file
}

describe('billingwatch replay', () => {
  it('stores and judges a file, and says what became of each line', async () => {
    tenant = await newTenant()
    const file = fileOf([...doubled, 'not json', '', '{"object":"charge"}'])
    const { code, json } = await cli(env, ['replay', tenant, file, '--json'])
    expect(code).toBe(0)
    expect(json()).toEqual({
      read: 5,
      stored: 3,
      duplicates: 0,
      rejected: 2,
      late: 0,
      anomalies: 1,
      seconds: expect.any(Number),
    })
  })

  it('counts what is too old for rates by the event before it, in whichever batch that came', async () => {
    const hours = [0, 1, -96, 2, -120, -69, 3]
    const lines = hours.map((hour) => paid(START + hour * 3_600, { customer: `cus_of_${hour}` }))
    const counts = await cliJson(env, ['replay', await newTenant(), fileOf(lines)])
    expect(counts).toMatchObject({ stored: 7, late: 2 })
  })

  it('changes nothing the second time', async () => {
    expect(await cliJson(env, ['replay', tenant, fileOf(doubled)])).toMatchObject({
      read: 3,
      stored: 0,
      duplicates: 3,
      anomalies: 0,
    })
  })

  it('reads standard input for -, and lines that end as on Windows', async () => {
    const [piped, windows] = [await newTenant(), await newTenant()]
    expect(await cliJson(env, ['replay', piped, '-'], doubled.join('\n'))).toMatchObject({
      stored: 3,
      anomalies: 1,
    })
    expect(await cliJson(env, ['replay', windows, fileOf(doubled, '\r\n')])).toMatchObject({
      stored: 3,
      rejected: 0,
      anomalies: 1,
    })
  })

  it('names the first lines that are no events on stderr', async () => {
    const { stderr, code } = await cli(env, [
      'replay',
      await newTenant(),
      fileOf([...Array(7).fill('{}'), ...doubled]),
    ])
    expect(code).toBe(0)
    expect(stderr).toContain('line 1: no Stripe event')
    expect(stderr).toContain('and 2 more that are no Stripe events')
  })

  it('in a dry run prints the anomalies as GraphQL names them, and stores nothing', async () => {
    const mine = await newTenant()
    const { anomalies } = (await cliJson(env, ['replay', mine, fileOf(doubled), '--dry-run'])) as {
      anomalies: Json[]
    }
    expect(anomalies).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^anm_/),
        detector: 'DUPLICATE_CHARGE',
        severity: 'MEDIUM',
        status: 'OPEN',
        origin: 'HISTORY',
        livemode: true,
        account: null,
        confidence: 1,
        startedAt: new Date(START * 1_000).toISOString(),
        detectedAt: new Date((START + 5) * 1_000).toISOString(),
        endedAt: expect.any(String),
        occurrences: 2,
        customerId: 'cus_2',
        impact: { amount: 2900, currency: 'USD', decimal: '29.00', formatted: '$29.00' },
        subjects: expect.arrayContaining([
          {
            type: 'charge',
            stripeId: expect.any(String),
            url: expect.stringContaining('dashboard.stripe.com'),
          },
        ]),
        evidence: expect.arrayContaining([
          expect.objectContaining({ name: expect.any(String), observed: 2, unit: 'COUNT' }),
        ]),
      }),
    ])
    expect(await cliJson(env, ['replay', mine, fileOf(doubled)])).toMatchObject({ stored: 3 })
  })

  it("takes the endpoint by id or name, and no other tenant's", async () => {
    const mine = await newTenant()
    const second = (await cliJson(env, ['endpoint', 'add', mine, 'second'])) as { id: string }
    const to = (tenantId: string, endpoint: string) =>
      cli(env, ['replay', tenantId, fileOf(doubled), '--endpoint', endpoint, '--json'])
    expect((await to(mine, 'second')).json()).toMatchObject({ stored: 3, duplicates: 0 })
    expect((await to(mine, second.id)).json()).toMatchObject({ stored: 0, duplicates: 3 })
    for (const [tenantId, endpoint] of [
      [mine, 'third'],
      [await newTenant(), second.id],
    ] as const) {
      expect(await to(tenantId, endpoint)).toMatchObject({
        code: 1,
        stderr: `error: there is no endpoint ${endpoint}\n`,
      })
    }
  })

  it('says in one line what is wrong with a file or a tenant that is not there', async () => {
    const noFile = await cli(env, ['replay', await newTenant(), join(folder, 'nowhere.jsonl')])
    expect(noFile).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: cannot read .*nowhere\.jsonl\n$/),
    })
    const aFolder = await cli(env, ['replay', await newTenant(), folder])
    expect(aFolder).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: [^\n]* is a folder[^\n]*\n$/),
    })
    const noTenant = await cli(env, ['replay', 'ten_nobody', fileOf(doubled)])
    expect(noTenant).toMatchObject({ code: 1, stderr: 'error: there is no tenant ten_nobody\n' })
  })
})
