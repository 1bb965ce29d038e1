import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { cli, cliJson, type Env, freshEnv } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'billingwatch-input-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let env: Env
beforeAll(async () => {
  env = await freshEnv()
})

const newTenant = async (): Promise<string> => {
  const { id } = (await cliJson(env, ['tenant', 'create', 'Replayed'])) as { id: string }
  return id
}

/** A quiet month, and a charge made twice in the middle: enough events that more than one batch is judged. */
const history = Array.from({ length: 700 }, (_, i) => START + i * 3_600).map((created, i) =>
  event('charge.succeeded', charge({ created, customer: `cus_${i}` }), { created }),
)
const doubled = [0, 5].map((later) =>
  event('charge.succeeded', charge({ created: START + 1_000_000 + later, customer: 'cus_twice' }), {
    created: START + 1_000_000 + later,
  }),
)
const oldestFirst = [...history, ...doubled].toSorted((a, b) => Number(a['created']) - Number(b['created']))
const newestFirst = oldestFirst.toReversed()

function fileOf(content: string | Buffer): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.json`)
  writeFileSync(file, content)
  return file
}

const lines = (events: readonly unknown[]): string => events.map((one) => JSON.stringify(one)).join('\n')
const page = (events: readonly unknown[]) => ({
  object: 'list',
  url: '/v1/events',
  has_more: true,
  data: events,
})
const pages = Array.from({ length: 8 }, (_, i) => newestFirst.slice(i * 100, (i + 1) * 100))

describe('billingwatch replay takes', () => {
  it.each<[string, string | Buffer]>([
    ['lines, the newest first', lines(newestFirst)],
    ['lines behind a byte order mark, with CRLF', `\uFEFF${lines(oldestFirst)}`.replaceAll('\n', '\r\n')],
    ["Stripe's list object on many lines", JSON.stringify(page(newestFirst), null, 2)],
    ['its pages, one after another', pages.map((one) => JSON.stringify(page(one), null, 2)).join('\n')],
    ['its pages, the oldest page first', lines(pages.toReversed().map(page))],
    ['an array, packed', gzipSync(JSON.stringify(oldestFirst))],
  ])('%s: every event, from the oldest on', async (_, content) => {
    const counts = await cli(env, ['replay', await newTenant(), fileOf(content), '--json'])
    expect(counts.json()).toMatchObject({ read: 702, stored: 702, rejected: 0, late: 0, anomalies: 1 })
    expect(counts.stderr).toMatch(/^(The newest events come first[^\n]*\n)?$/)
  })

  it('deliveries in the order in which they were received', async () => {
    const [first, second] = doubled
    const shuffled = lines([
      { ...second, received: START + 1_000_010 },
      { ...first, received: START + 1_000_001 },
    ])
    const { stderr, json } = await cli(
      env,
      ['replay', await newTenant(), '-', '--dry-run', '--json'],
      shuffled,
    )
    expect(stderr).toMatch(/in the order in which they were received/)
    expect(json()).toMatchObject({
      anomalies: [
        { detector: 'DUPLICATE_CHARGE', detectedAt: new Date((START + 1_000_005) * 1_000).toISOString() },
      ],
    })
  })
})

describe('billingwatch replay says what a file is that holds no event', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['an empty one', '', /it is empty/],
    ['an empty array', '[]', /an empty array/],
    ['an empty list', JSON.stringify(page([])), /list of Stripe's without any element/],
    ['charges', lines([charge(), charge()]), /Stripe objects of the kind "charge", not the events/],
    ['a list of charges', JSON.stringify(page([charge()])), /of the kind "charge"/],
    [
      'a table',
      'id,created,amount\nch_1,2026-01-01,5\n',
      /a table \(CSV\) that begins with "id,created,amount"/,
    ],
    ['a web page', '<!DOCTYPE html>\n<html></html>', /a web page/],
    [
      'an error',
      '{"error":{"message":"Invalid API Key provided: sk_live_\\u001b[31m"}}',
      /an API answered with: "Invalid API Key/,
    ],
    ['a text', 'dear all,\n', /text that begins with "dear all,", not JSON/],
    ['broken JSON', '{"id": "evt_1", "object": "ev', /JSON that is broken or breaks off/],
    ['other JSON', '{"a":1,"b":2}', /"a, b" in its first object/],
    ['a ZIP archive', Buffer.from('PK\u0003\u0004zip'), /a ZIP archive: unpack it first/],
    ['binary data', Buffer.from([1, 0, 2, 0]), /binary data/],
    ['half of a gzip file', gzipSync(lines(oldestFirst)).subarray(0, 500), /gzip data ends too early/],
    [
      'events that lack what makes them',
      '{"object":"event","id":"evt_1"}',
      /call themselves events, but lack/,
    ],
  ])('%s', async (_, content, message) => {
    const tenant = await newTenant()
    const file = fileOf(content)
    for (const how of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await cli(env, ['replay', tenant, file, ...how])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr.split('\n').at(-2)).toMatch(/^error: [^\n]+$/)
      expect(stderr).toMatch(message)
      expect(stderr).not.toContain('\u001b')
    }
    const { code, json } = await cli(env, ['replay', tenant, file, '--json'])
    expect([code, json()]).toEqual([
      1,
      { error: { code: 'FAILED', message: expect.stringMatching(message) } },
    ])
  })

  it('leaves nothing behind', () => {
    const database = String(env['DATABASE_URL'])
    if (!database.startsWith('file:')) return
    const names = readdirSync(join(database.slice('file:'.length), '..'))
    expect(names.filter((name) => name.includes('.replay-'))).toEqual([])
  })
})
