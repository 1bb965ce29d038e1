import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/ids.ts'
import { isApiKey, isOperatorKey, newKey } from '../../src/tenancy/keys.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

describe('tenant keys', () => {
  it('are 42 characters of base62 after bw_live_, with hash and a prefix that gives nothing away', () => {
    const { key, hash, prefix } = newKey()
    expect(key).toMatch(/^bw_live_[0-9A-Za-z]{42}$/)
    expect(hash).toBe(sha256(key))
    expect(key.startsWith(prefix)).toBe(true)
    expect(prefix).toHaveLength(13)
  })

  it('pass their own checksum and never repeat', () => {
    const keys = Array.from({ length: 500 }, () => newKey().key)
    expect(new Set(keys).size).toBe(500)
    expect(keys.every(isApiKey)).toBe(true)
  })

  it('attack: a changed character is told without a look at the database', () => {
    const { key } = newKey()
    fc.assert(
      fc.property(fc.nat(41), fc.constantFrom(...BASE62), (at, character) => {
        const index = 'bw_live_'.length + at
        fc.pre(key[index] !== character)
        return !isApiKey(key.slice(0, index) + character + key.slice(index + 1))
      }),
    )
  })

  it.each(['', 'bw_live_', `bw_live_${'0'.repeat(42)}`, `${newKey().key} `, newKey().key.slice(0, -1)])(
    'attack: %j is no key',
    (text) => expect(isApiKey(text)).toBe(false),
  )
})

describe('the operator key', () => {
  const configured = 'bw_admin_0123456789abcdefghijklmn'

  it('is known by equality alone', () => {
    expect(isOperatorKey(configured, configured)).toBe(true)
    expect(isOperatorKey(`${configured}x`, configured)).toBe(false)
    expect(isOperatorKey(configured.toUpperCase(), configured)).toBe(false)
  })

  it('attack: opens nothing where none is configured', () => {
    expect(isOperatorKey('', undefined)).toBe(false)
    expect(isOperatorKey(configured, undefined)).toBe(false)
  })
})
