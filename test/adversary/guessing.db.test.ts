import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newKey } from '../../src/tenancy/keys.ts'
import { testDatabase } from '../support/database.ts'
import {
  ADMIN_KEY,
  ask,
  data,
  makeTenant,
  type Served,
  serveGraphql,
  type TestTenant,
} from '../support/graphql.ts'
import { rawSocket } from '../support/raw-socket.ts'

const database = await testDatabase()
const OUTSIDE = { PUBLIC_URL: 'https://billing.example.com' }

let behindProxy: Served
let direct: Served
let tenant: TestTenant

beforeAll(async () => {
  behindProxy = await serveGraphql(database, { environment: { ...OUTSIDE, TRUST_PROXY: 'true' } })
  direct = await serveGraphql(database, { environment: OUTSIDE })
  tenant = await makeTenant(database)
})
afterAll(() => Promise.all([behindProxy.stop(), direct.stop()]))

const from = (...hops: string[]) => ({ 'x-forwarded-for': hops.join(', ') })

const guess = (at: Served, headers: Record<string, string>, key = newKey().key) =>
  ask(at, key, '{ viewer { role } }', {}, headers)

const statuses = async (at: Served, times: number, headersOf: (n: number) => Record<string, string>) => {
  const answers = []
  for (let n = 0; n < times; n++) answers.push((await guess(at, headersOf(n))).status)
  return answers
}

describe('guessing keys', () => {
  test('is answered otherwise after a hundred in a minute, by whatever way they come, and for that address alone', async () => {
    expect(await data(behindProxy, tenant.key, '{ viewer { role } }', {}, from('198.51.100.1'))).toBeDefined()
    const other = await makeTenant(database)

    const overHttp = await statuses(behindProxy, 60, () => from('198.51.100.1'))
    expect(new Set(overHttp)).toEqual(new Set([401]))
    const download = (key: string) =>
      fetch(`${behindProxy.url}/export/anomalies.csv`, {
        headers: { authorization: `Bearer ${key}`, ...from('198.51.100.1') },
      })
    for (let n = 0; n < 39; n++) expect((await download(newKey().key)).status).toBe(401)
    const knock = async (key: string) => {
      const raw = await rawSocket(behindProxy, { headers: from('198.51.100.1') })
      raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
      return Promise.race([raw.closed, raw.next('connection_ack').catch(() => raw.closed)])
    }
    expect(await knock(newKey().key)).toBe(4401)

    const refused = await guess(behindProxy, from('198.51.100.1'))
    expect([refused.status, refused.errors[0]?.extensions['code']]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await knock(newKey().key)).toBe(1013)
    const file = await download(newKey().key)
    expect([file.status, await file.json()]).toMatchObject([429, { error: { code: 'RATE_LIMITED' } }])
    // A good key gets in from there, whether it was in before or not, the operator's too, and everybody else is untouched.
    expect((await guess(behindProxy, from('198.51.100.1'), other.key)).status).toBe(200)
    expect(await knock(other.key)).toMatchObject({ type: 'connection_ack' })
    expect((await guess(behindProxy, from('198.51.100.1'), ADMIN_KEY)).status).toBe(200)
    expect((await guess(behindProxy, from('198.51.100.1'), tenant.key)).status).toBe(200)
    expect(await knock(tenant.key)).toMatchObject({ type: 'connection_ack' })
    expect((await guess(behindProxy, from('198.51.100.2'), other.key)).status).toBe(200)
  })

  test('is not hidden by addresses that the client makes up in front of what the proxy writes', async () => {
    const answers = await statuses(behindProxy, 101, (n) => from(`10.0.0.${n}`, '198.51.100.3'))
    expect(answers.at(-2)).toBe(401)
    expect(answers.at(-1)).toBe(429)
  })

  test('is not hidden by x-forwarded-for where there is no proxy', async () => {
    const answers = await statuses(direct, 101, (n) => from(`198.51.100.${n}`))
    expect(answers.at(-2)).toBe(401)
    expect(answers.at(-1)).toBe(429)
  })

  test('is not hidden by ports that a proxy writes', async () => {
    const answers = await statuses(behindProxy, 101, (n) => from(`198.51.100.9:${1_024 + n}`))
    expect(answers.at(-2)).toBe(401)
    expect(answers.at(-1)).toBe(429)
  })

  test('costs nobody anything in a local set-up', async () => {
    const local = await serveGraphql(database)
    try {
      expect(new Set(await statuses(local, 101, () => ({})))).toEqual(new Set([401]))
    } finally {
      await local.stop()
    }
  })
})
