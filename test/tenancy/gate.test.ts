import { beforeEach, describe, expect, it, vi } from 'vitest'
import { PublicError } from '../../src/errors.ts'
import { memoryRateLimiter } from '../../src/limits/rate-limiter.ts'
import { TokenExpired } from '../../src/tenancy/access-tokens.ts'
import type { Caller } from '../../src/tenancy/caller.ts'
import { Gate } from '../../src/tenancy/gate.ts'
import { newKey } from '../../src/tenancy/keys.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const CALLER: Caller = {
  actor: { kind: 'API_KEY', name: 'k' },
  operator: false,
  tenantId: 'ten_1',
  role: 'VIEWER',
  keyId: 'key_1',
  expiresAt: undefined,
}

let clock: SteppedClock
let good: Set<string>
let gate: Gate
let warnings: string[]

const OPERATOR = 'bw_admin_0123456789abcdefghijklmn'
/** What a look-up waits for. */
let waitInLookup: (() => Promise<void>) | undefined

const gateWith = (limit: { requests: number; seconds: number } | undefined, slowedBy = 0) =>
  new Gate({
    authenticator: {
      authenticate: async ({ authorization = '', tenantId }) => {
        await waitInLookup?.()
        if (authorization.startsWith('expired')) throw new TokenExpired()
        if (!good.has(authorization)) throw new PublicError('UNAUTHENTICATED', 'no')
        if (tenantId !== undefined) throw new PublicError('FORBIDDEN', 'not yours')
        return CALLER
      },
    },
    limiter: memoryRateLimiter(clock),
    clock,
    log: { warn: (_fields, message) => void warnings.push(message), info: () => {} },
    limit,
    slowedBy,
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
  waitInLookup = undefined
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
  it('gets another answer once it has guessed too often, and a good key from there gets in', async () => {
    expect(await guess(6)).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
      'RATE_LIMITED',
      'RATE_LIMITED',
    ])
    expect(await bring('good')).toBe('in')
    good.add(`Bearer ${OPERATOR}`)
    expect(await bring(`Bearer ${OPERATOR}`)).toBe('in')
    const { key } = newKey()
    good.add(`Bearer ${key}`)
    expect(await bring(`Bearer ${key}`)).toBe('in')
    expect(warnings).toHaveLength(1)
  })

  it('is told when the window is over, and then gets the first answer again, though the wall clock was set back', async () => {
    await guess(4)
    const { details } = await gate.admit({ authorization: 'x', tenantId: undefined }, '192.0.2.1').then(
      () => ({ details: {} }),
      (error: PublicError) => error,
    )
    expect(details).toMatchObject({ retryAfterSeconds: 60 })
    clock.jump(-3_600)
    clock.forward(61)
    expect(await guess(1)).toEqual(['UNAUTHENTICATED'])
  })

  it('changes nothing for others', async () => {
    await guess(5)
    expect(await guess(1, '192.0.2.2')).toEqual(['UNAUTHENTICATED'])
  })

  it('is one, however many addresses of its IPv6 network it uses', async () => {
    for (let n = 1; n <= 3; n++) await bring(`guess ${n}`, `2001:db8:0:1::${n}`)
    expect(await bring('guess', '2001:db8:0:1:ffff::9')).toBe('RATE_LIMITED')
    expect(await bring('guess', '2001:db8:0:2::1')).toBe('UNAUTHENTICATED')
  })

  it.each([
    ['a key that may be one', () => `Bearer ${newKey().key}`, true],
    ['an operator key', () => 'Bearer bw_admin_correct.horse.battery.staple', true],
    ['what is no key by its checksum', () => `Bearer ${newKey().key.slice(0, -1)}_`, false],
    ['rubbish', () => 'rubbish', false],
  ])('waits for the refusal of %s: %#', async (_name, made, waits) => {
    gate = gateWith({ requests: 3, seconds: 60 }, 40)
    await guess(4)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    expect(await bring(made())).toBe('RATE_LIMITED')
    expect(timers.mock.calls.some(([, after]) => after === 40)).toBe(waits)
  })
})

describe('look-ups of keys that were not in before', () => {
  /** Lets look-ups go on one by one. */
  let answer: (() => void)[]
  let running: number
  let most: number
  beforeEach(() => {
    answer = []
    running = 0
    most = 0
    waitInLookup = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => answer.push(resolve))
      running -= 1
    }
  })
  const drain = async (until: Promise<unknown>) => {
    let open = true
    void until.then(() => {
      open = false
    })
    while (open) {
      answer.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('are bounded in number, none is refused, and no other network waits behind a flood', async () => {
    gate = gateWith({ requests: 1_000, seconds: 60 })
    const done: string[] = []
    const flood = Array.from({ length: 200 }, () =>
      bring(`Bearer ${newKey().key}`, '192.0.2.1').then(() => done.push('flood')),
    )
    const { key } = newKey()
    good.add(`Bearer ${key}`)
    const other = bring(`Bearer ${key}`, '192.0.2.2').then((what) => done.push(what))
    await drain(Promise.all([...flood, other]))
    expect(done).toHaveLength(201)
    expect(done.indexOf('in')).toBeLessThan(10)
    expect(most).toBe(4)
  })

  it('leave keys that were in before, tokens and rubbish alone', async () => {
    const { key } = newKey()
    good.add(`Bearer ${key}`)
    const first = bring(`Bearer ${key}`)
    await drain(first)
    for (let n = 0; n < 4; n++) void bring(`Bearer ${newKey().key}`)
    await vi.waitFor(() => expect(running).toBe(4))
    waitInLookup = undefined
    expect(await bring(`Bearer ${key}`)).toBe('in')
    expect(await bring('rubbish')).toBe('UNAUTHENTICATED')
    for (const resolve of answer) resolve()
  })
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
