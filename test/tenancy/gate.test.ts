import { beforeEach, describe, expect, it } from 'vitest'
import { PublicError } from '../../src/errors.ts'
import { memoryRateLimiter } from '../../src/ingest/rate-limit.ts'
import { TokenExpired } from '../../src/tenancy/access-tokens.ts'
import type { Caller } from '../../src/tenancy/caller.ts'
import { Gate } from '../../src/tenancy/gate.ts'
import { SteppedClock } from './office.ts'

const CALLER: Caller = {
  actor: { kind: 'API_KEY', name: 'k' },
  operator: false,
  tenantId: 'ten_1',
  role: 'VIEWER',
  keyId: 'key_1',
  expiresAt: undefined,
}

let clock: SteppedClock
/** Credentials that the authenticator was asked for. */
let asked: string[]
let good: Set<string>
let gate: Gate
let warnings: string[]

const gateWith = (limit: { requests: number; seconds: number } | undefined) =>
  new Gate({
    authenticator: {
      authenticate: async ({ authorization = '', tenantId }) => {
        asked.push(authorization)
        if (authorization.startsWith('expired')) throw new TokenExpired()
        if (!good.has(authorization)) throw new PublicError('UNAUTHENTICATED', 'no')
        if (tenantId !== undefined) throw new PublicError('FORBIDDEN', 'not yours')
        return CALLER
      },
    },
    limiter: memoryRateLimiter('gate'),
    clock,
    log: { warn: (_fields, message) => void warnings.push(message), info: () => {} },
    limit,
  })

const bring = async (authorization: string | undefined, address = '192.0.2.1', tenantId?: string) => {
  try {
    await gate.admit({ authorization, tenantId }, address)
    return 'in'
  } catch (error) {
    return error instanceof PublicError ? error.code : String(error)
  }
}

beforeEach(() => {
  clock = new SteppedClock()
  asked = []
  warnings = []
  good = new Set(['good', 'other good'])
  gate = gateWith({ requests: 3, seconds: 60 })
})

const guess = async (times: number, address?: string) => {
  const answers = []
  for (let n = 0; n < times; n++) answers.push(await bring(`guess ${n}`, address))
  return answers
}

describe('an address that guesses', () => {
  it('is refused once it has guessed too often, unasked from then on', async () => {
    expect(await guess(6)).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
      'RATE_LIMITED',
      'RATE_LIMITED',
    ])
    expect(asked).toHaveLength(4)
    expect(await bring('other good')).toBe('RATE_LIMITED')
    expect(warnings).toHaveLength(1)
  })

  it('is heard again when the window is over', async () => {
    await guess(4)
    const { details } = await gate.admit({ authorization: 'x', tenantId: undefined }, '192.0.2.1').then(
      () => ({ details: {} }),
      (error: PublicError) => error,
    )
    expect(details).toMatchObject({ retryAfterSeconds: 60 })
    clock.forward(60)
    expect(await bring('other good')).toBe('in')
  })

  it('shuts out nobody elsewhere, and nobody beside it who was in before', async () => {
    expect(await bring('good')).toBe('in')
    await guess(5)
    expect(await bring('good')).toBe('in')
    expect(await bring('other good', '192.0.2.2')).toBe('in')
    expect(await guess(1, '192.0.2.2')).toEqual(['UNAUTHENTICATED'])
  })

  it('is one, however many addresses of its IPv6 network it uses', async () => {
    for (let n = 1; n <= 3; n++) await bring(`guess ${n}`, `2001:db8:0:1::${n}`)
    expect(await bring('guess', '2001:db8:0:1:ffff::9')).toBe('RATE_LIMITED')
    expect(await bring('guess', '2001:db8:0:2::1')).toBe('UNAUTHENTICATED')
  })

  it('gets in with no key that was good once and is not any more', async () => {
    await bring('good')
    good.delete('good')
    await guess(2)
    expect(await bring('good')).toBe('UNAUTHENTICATED')
    await guess(1)
    const before = asked.length
    expect(await bring('good')).toBe('RATE_LIMITED')
    expect(asked).toHaveLength(before)
  })
})

it('a guess at an operator key with points in it is one like any other', async () => {
  await guess(5)
  good.add('Bearer bw_admin_correct.horse.battery.staple')
  const before = asked.length
  expect(await bring('Bearer bw_admin_correct.horse.battery.staple')).toBe('RATE_LIMITED')
  expect(asked).toHaveLength(before)
})

describe('what is no guess', () => {
  it.each([
    ['no credentials', undefined, undefined, 'UNAUTHENTICATED'],
    ['a header with nothing in it', ' ', undefined, 'UNAUTHENTICATED'],
    ['a token that has run out', 'expired.token.', undefined, 'UNAUTHENTICATED'],
    ["good credentials with another tenant's id", 'good', 'ten_2', 'FORBIDDEN'],
  ])('%s', async (_name, authorization, tenantId, answer) => {
    for (let n = 0; n < 10; n++) expect(await bring(authorization, '192.0.2.1', tenantId)).toBe(answer)
    expect(await bring('other good')).toBe('in')
  })

  it('a signed token, which is told without a lookup, comes in from anywhere', async () => {
    await guess(5)
    good.add('Bearer eyJh.signed.token')
    expect(await bring('Bearer eyJh.signed.token')).toBe('in')
    expect(await bring('Bearer eyJh.forged.token')).toBe('RATE_LIMITED')
  })
})

it('in a local set-up nothing is counted', async () => {
  gate = gateWith(undefined)
  expect(new Set(await guess(20))).toEqual(new Set(['UNAUTHENTICATED']))
})
