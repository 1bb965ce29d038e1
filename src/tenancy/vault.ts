import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, scryptSync } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Config, ConfigError } from '../config.ts'
import { randomBase62 } from '../ids.ts'
import { keepPrivate, makePrivateFolder } from '../storage/private-files.ts'

/** Where a sealed text belongs. It opens only there: moved to another tenant, row or purpose it is refused. */
export interface Place {
  tenantId: string
  id: string
  purpose:
    | 'webhook-secret'
    | 'webhook-token'
    | 'alert-target'
    | 'alert-secret'
    | 'former-alert-secret'
    | 'stripe-key'
}

/** A key for something other than sealing, with the id of the secret it comes from. */
export interface DerivedKey {
  keyId: string
  key: Uint8Array
}

/** Seals what must be readable again, but never to somebody who has only the database. */
export interface Vault {
  seal(plain: string, place: Place): string
  /** @throws VaultError when it was sealed for another place, under an unknown secret, or was changed since */
  open(envelope: string, place: Place): string
  /** Whether it is sealed under the present secret or the previous one. */
  knows(envelope: string): boolean
  /** Whether it is sealed under the present secret; else `secret rewrap` has to move it. */
  isCurrent(envelope: string): boolean
  /** 32-byte keys for `label`, independent of each other and of the sealing key; the present secret's first. */
  derive(label: string): readonly DerivedKey[]
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

interface Material extends DerivedKey {
  master: Uint8Array
}

/** By key id. */
interface KeyRing {
  current: Material
  known: ReadonlyMap<string, Material>
}

const expand = (master: Uint8Array, label: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', master, '', `billingwatch ${label}`, 32))

function materialOf(secret: string): Material {
  // A secret may be a phrase that somebody thought up: scrypt makes guessing it dear, some 50 ms.
  const master = scryptSync(secret, 'billingwatch vault', 32)
  const keyId = createHash('sha256').update(expand(master, 'key id')).digest('hex').slice(0, 8)
  return { master, keyId, key: expand(master, 'vault') }
}

function keyRingOf(secret: string, previous: string | undefined): KeyRing {
  const current = materialOf(secret)
  const known = new Map([[current.keyId, current]])
  if (previous !== undefined && previous !== secret) {
    const material = materialOf(previous)
    known.set(material.keyId, material)
  }
  return { current, known }
}

// JSON keeps the parts apart whatever they contain.
const associatedData = ({ tenantId, id, purpose }: Place, keyId: string): Buffer =>
  Buffer.from(JSON.stringify(['v1', keyId, tenantId, id, purpose]))

const ENVELOPE = /^v1\.([0-9a-f]{8})\.([\w-]{16})\.([\w-]{22,})$/

/**
 * AES-256-GCM with a random nonce each time. Envelope: `v1.<key id>.<nonce>.<ciphertext and tag>`, base64url.
 * @param previous the secret before a roll: still opens, never seals
 */
export function createVault(secret: string, previous?: string): Vault {
  // Made when it is first needed: most commands never do.
  let ring: KeyRing | undefined
  const keys = (): KeyRing => {
    ring ??= keyRingOf(secret, previous)
    return ring
  }
  return {
    seal(plain, place) {
      const { current } = keys()
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce)
      cipher.setAAD(associatedData(place, current.keyId))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${current.keyId}.${nonce.toString('base64url')}.${body.toString('base64url')}`
    },

    open(envelope, place) {
      const [, keyId = '', nonce = '', text = ''] = ENVELOPE.exec(envelope) ?? []
      const material = keys().known.get(keyId)
      if (!material) {
        throw new VaultError(
          keyId
            ? `sealed under another BILLINGWATCH_SECRET (key ${keyId}); give it as BILLINGWATCH_SECRET_PREVIOUS`
            : 'not a sealed text',
        )
      }
      const body = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', material.key, Buffer.from(nonce, 'base64url'), {
        authTagLength: 16,
      })
      decipher.setAAD(associatedData(place, keyId))
      decipher.setAuthTag(body.subarray(-16))
      try {
        return Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]).toString('utf8')
      } catch {
        throw new VaultError('a sealed text was changed, or belongs to another place')
      }
    },

    knows: (envelope) => keys().known.has(ENVELOPE.exec(envelope)?.[1] ?? ''),

    isCurrent: (envelope) => ENVELOPE.exec(envelope)?.[1] === keys().current.keyId,

    derive: (label) =>
      [...keys().known.values()].map(({ keyId, master }) => ({ keyId, key: expand(master, label) })),
  }
}

/** The folder of the SQLite file, or `./data` beside the program where rows live on a server. */
export const dataFolderOf = ({ databaseUrl }: Pick<Config, 'databaseUrl'>): string =>
  databaseUrl.startsWith('file:') ? dirname(databaseUrl.slice('file:'.length).split('?')[0] ?? '') : 'data'

/** Writes a whole new key file, or leaves the one that is there: two processes that start at once end up with one key. */
function makeKeyFile(path: string): boolean {
  const draft = `${path}.${randomBase62(8)}`
  makePrivateFolder(dirname(path))
  try {
    writeFileSync(draft, `${randomBase62(43)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function readKeyFile(path: string): string | undefined {
  try {
    const key = readFileSync(path, 'utf8').trim()
    if (key.length < 32) throw new ConfigError(`The key file ${path} is damaged: it has under 32 characters.`)
    keepPrivate(path)
    return key
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const keyFileIn = (dataFolder: string): string => join(dataFolder, 'secret.key')

/**
 * The vault of this configuration if its secret, or in a local set-up its key file, is there; else undefined.
 * @throws ConfigError when the key file is damaged
 */
export function existingVault(
  config: Pick<Config, 'secret' | 'previousSecret' | 'local'>,
  dataFolder: string,
): Vault | undefined {
  const secret = config.secret ?? (config.local ? readKeyFile(keyFileIn(dataFolder)) : undefined)
  return secret === undefined ? undefined : createVault(secret, config.previousSecret)
}

/**
 * The vault of this configuration. Without BILLINGWATCH_SECRET a local set-up keeps a random key in
 * `secret.key` (0600) in the data folder and warns when it makes it.
 * @throws ConfigError anywhere else without a secret: a key that is made up there would be lost with the machine
 */
export function vaultFor(
  config: Pick<Config, 'secret' | 'previousSecret' | 'local'>,
  dataFolder: string,
  log: { warn(message: string): void },
): Vault {
  const existing = existingVault(config, dataFolder)
  if (existing) return existing
  if (!config.local) {
    throw new ConfigError(
      'BILLINGWATCH_SECRET is not set: outside a local set-up it must be, with at least 32 random characters (openssl rand -base64 32).',
    )
  }
  const path = keyFileIn(dataFolder)
  if (makeKeyFile(path)) {
    log.warn(
      `BILLINGWATCH_SECRET is not set: made a key in ${path}. Back it up; without it stored secrets are lost.`,
    )
  }
  const made = existingVault(config, dataFolder)
  if (!made) throw new ConfigError(`The key file ${path} cannot be read.`)
  return made
}
