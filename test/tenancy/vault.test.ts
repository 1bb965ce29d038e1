import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createVault, dataFolderOf, type Place, VaultError, vaultFor } from '../../src/tenancy/vault.ts'

const SECRET = 'a secret of more than thirty-two characters'
const OTHER = 'another secret of more than thirty-two characters'
const place: Place = { tenantId: 'ten_a', id: 'whs_1', purpose: 'webhook-secret' }

describe('a vault', () => {
  const vault = createVault(SECRET)

  it('opens what it sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        expect(vault.open(vault.seal(plain, place), place)).toBe(plain)
      }),
    )
  })

  it('seals the same text differently each time and shows nothing of it', () => {
    const first = vault.seal('whsec_hidden', place)
    expect(vault.seal('whsec_hidden', place)).not.toBe(first)
    expect(first).not.toContain('hidden')
  })

  it.each<[string, Place]>([
    ['another tenant', { ...place, tenantId: 'ten_b' }],
    ['another row', { ...place, id: 'whs_2' }],
    ['another purpose', { ...place, purpose: 'webhook-token' }],
    ['a tenant and row whose letters run together alike', { ...place, tenantId: 'ten_aw', id: 'hs_1' }],
  ])('attack: an envelope moved to %s does not open', (_, elsewhere) => {
    expect(() => vault.open(vault.seal('x', place), elsewhere)).toThrow(VaultError)
  })

  it('attack: a change of any character is noticed', () => {
    const envelope = vault.seal('whsec_hidden', place)
    // Not the last one: base64url may carry bits there that mean nothing.
    for (let at = 0; at < envelope.length - 1; at++) {
      const other = envelope[at] === 'A' ? 'B' : 'A'
      expect(() => vault.open(envelope.slice(0, at) + other + envelope.slice(at + 1), place)).toThrow(
        VaultError,
      )
    }
  })

  it('attack: cut off, empty or foreign text is refused, not crashed on', () => {
    for (const text of [
      '',
      'v1',
      'v1.00000000.AAAAAAAAAAAAAAAA.AAAA',
      vault.seal('x', place).slice(0, -20),
    ]) {
      expect(() => vault.open(text, place)).toThrow(VaultError)
    }
  })

  it('still opens what the previous secret sealed, and tells that it is not current', () => {
    const old = createVault(OTHER).seal('whsec_old', place)
    const rolled = createVault(SECRET, OTHER)
    expect(rolled.open(old, place)).toBe('whsec_old')
    expect(rolled.isCurrent(old)).toBe(false)
    expect(rolled.isCurrent(rolled.seal('whsec_old', place))).toBe(true)
    expect(() => createVault(SECRET).open(old, place)).toThrow(/BILLINGWATCH_SECRET_PREVIOUS/)
  })

  it('derives keys that differ by label and by secret, the present one first', () => {
    const [first, second] = createVault(SECRET, OTHER).derive('one')
    expect(first?.key).toEqual(vault.derive('one')[0]?.key)
    expect(second?.key).toEqual(createVault(OTHER).derive('one')[0]?.key)
    expect(first?.key).not.toEqual(second?.key)
    expect(first?.key).not.toEqual(vault.derive('two')[0]?.key)
    expect(first?.key).toHaveLength(32)
  })
})

describe('the vault of a configuration', () => {
  const folders: string[] = []
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'bw-vault-'))
    folders.push(path)
    return path
  }
  afterEach(() => {
    for (const path of folders.splice(0)) rmSync(path, { recursive: true })
  })
  const unset = { secret: undefined, previousSecret: undefined }

  it('makes a key file that only its owner reads, warns once, and finds it again', () => {
    const data = join(folder(), 'data')
    const warnings: string[] = []
    const log = { warn: (message: string) => void warnings.push(message) }
    const sealed = vaultFor({ ...unset, local: true }, data, log).seal('x', place)
    expect(vaultFor({ ...unset, local: true }, data, log).open(sealed, place)).toBe('x')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(join(data, 'secret.key'))
    expect(warnings[0]).not.toContain(readFileSync(join(data, 'secret.key'), 'utf8').trim())
    expect(statSync(join(data, 'secret.key')).mode & 0o777).toBe(0o600)
  })

  it('refuses to start without a secret outside a local set-up', () => {
    const log = { warn: () => {} }
    expect(() => vaultFor({ ...unset, local: false }, folder(), log)).toThrow(/^BILLINGWATCH_SECRET .*\.$/)
  })

  it('keeps its data beside the SQLite file', () => {
    expect(dataFolderOf({ databaseUrl: 'file:./data/billingwatch.db' })).toBe('./data')
    expect(dataFolderOf({ databaseUrl: 'file:/var/lib/bw/x.db?mode=rwc' })).toBe('/var/lib/bw')
    expect(dataFolderOf({ databaseUrl: 'postgresql://localhost/bw' })).toBe('data')
  })
})
