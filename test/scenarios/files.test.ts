import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../src/time.ts'
import { cliJson, type Env, freshEnv } from '../cli/harness.ts'
import { Merchant } from '../support/merchant.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { NEWEST } from '../support/stripe/versions.ts'
import { every } from '../support/times.ts'

const folder = mkdtempSync(join(tmpdir(), 'billingwatch-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let env: Env
beforeAll(async () => {
  env = await freshEnv()
})

/** Eight days of a small shop, ten payments a day from eight to five. */
const shop = new Merchant(NEWEST)
const history = every(START, DAY, 8).flatMap((day) =>
  every(day + 8 * HOUR, HOUR, 10).map((at) => shop.paid(at)),
)
const newestFirst = history.toReversed()

const lines = (events: readonly Json[]): string => events.map((one) => `${JSON.stringify(one)}\n`).join('')
const list = { object: 'list', url: '/v1/events', has_more: false, data: newestFirst }

describe('a history as people have it in hand', () => {
  it.each([
    ['lines as Stripe lists them, the newest first', lines(newestFirst)],
    ['lines, of which the first begins with a byte order mark', `\uFEFF${lines(history)}`],
    ["Stripe's list, written for people", JSON.stringify(list, null, 2)],
    ["Stripe's list on one line", `${JSON.stringify(list)}\n`],
  ])('%s: every event is taken, and nothing is odd', async (name, text) => {
    const { id } = (await cliJson(env, ['tenant', 'create', name])) as { id: string }
    const file = join(folder, 'history.jsonl')
    writeFileSync(file, text)
    expect(await cliJson(env, ['replay', id, file])).toMatchObject({
      read: history.length,
      stored: history.length,
      rejected: 0,
      anomalies: 0,
    })
  })
})
