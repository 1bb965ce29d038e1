import { PublicError } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import { lookUpKey } from '../storage/key-lookup.ts'
import type { WallClock } from '../time.ts'
import { type AccessClaims, type AccessToken, type AccessTokenInput, AccessTokens } from './access-tokens.ts'
import { atLeast, type Caller, ROLES, type Role } from './caller.ts'
import { isApiKey, isOperatorKey } from './keys.ts'
import { LastUsed } from './last-used.ts'
import type { Vault } from './vault.ts'

/** What a request brings: headers, or the `connectionParams` of a WebSocket. */
export interface Credentials {
  /** `Bearer …` with a tenant key, the operator key or an access token. */
  authorization: string | undefined
  /** `x-tenant-id`: chooses for an operator, must agree for everybody else, and is worth nothing alone. */
  tenantId: string | undefined
}

/** One answer for missing, malformed, unknown, revoked and expired credentials and for those of a suspended tenant. */
const refused = (): PublicError =>
  new PublicError('UNAUTHENTICATED', 'missing or unknown credentials: send Authorization: Bearer <key>')

/** Any text where there is no role is treated as the lowest. */
const roleOf = (text: string): Role => ROLES.find((one) => one === text) ?? 'VIEWER'

const OPERATOR = { kind: 'OPERATOR', name: 'operator' } as const

/** Says who asks. Nothing is remembered between requests, so what was revoked is refused at once. */
export class Authenticator {
  readonly #database: Database
  readonly #clock: WallClock
  readonly #adminKey: string | undefined
  readonly #tokens: AccessTokens
  readonly #lastUsed: LastUsed

  constructor(parts: {
    database: Database
    vault: Vault
    clock: WallClock
    /** BILLINGWATCH_ADMIN_KEY; undefined: there is no operator. */
    adminKey: string | undefined
    log: { warn(fields: object, message: string): void }
  }) {
    this.#database = parts.database
    this.#clock = parts.clock
    this.#adminKey = parts.adminKey
    this.#tokens = new AccessTokens(parts)
    this.#lastUsed = new LastUsed(parts.database, parts.log)
  }

  /**
   * @throws PublicError UNAUTHENTICATED (TokenExpired for an access token that was good once); FORBIDDEN when
   *   `tenantId` is not the credentials' own; NOT_FOUND when an operator names a tenant that is not there
   */
  async authenticate(credentials: Credentials): Promise<Caller> {
    const given = credentials.authorization?.replace(/^bearer +/i, '').trim() ?? ''
    const named = credentials.tenantId?.trim() || undefined
    if (given === '') throw refused()
    if (isOperatorKey(given, this.#adminKey)) return this.#operator(named)
    const caller = isApiKey(given) ? await this.#tenantKey(given) : await this.#accessToken(given)
    if (!caller) throw refused()
    if (named !== undefined && named !== caller.tenantId) {
      throw new PublicError('FORBIDDEN', 'x-tenant-id is not the tenant of these credentials')
    }
    return caller
  }

  /** @throws PublicError BAD_USER_INPUT; FORBIDDEN for a role above the caller's */
  createAccessToken(caller: Caller, input: AccessTokenInput): Promise<AccessToken> {
    return this.#tokens.create(caller, input)
  }

  /** Writes what is still to be written of the last uses. */
  async close(): Promise<void> {
    await this.#lastUsed.flush()
  }

  async #operator(named: string | undefined): Promise<Caller> {
    if (named !== undefined) {
      // Also a suspended one: the operator has to be able to look into it.
      // Asked only for what can be an id: one engine refuses some characters with an error.
      const tenant = /^ten_[0-9A-Za-z]+$/.test(named)
        ? await this.#database.prisma.tenant.findFirst({
            where: { id: named, deletedAt: null },
            select: { id: true },
          })
        : undefined
      if (!tenant) throw new PublicError('NOT_FOUND', 'there is no such tenant')
    }
    return {
      actor: OPERATOR,
      operator: true,
      tenantId: named,
      role: named === undefined ? undefined : 'ADMIN',
      keyId: undefined,
      expiresAt: undefined,
    }
  }

  async #tenantKey(key: string): Promise<Caller | undefined> {
    const row = await this.#liveKey({ hash: sha256(key) })
    if (!row) return undefined
    return {
      actor: { kind: 'API_KEY', name: row.name },
      operator: false,
      tenantId: row.tenantId,
      role: roleOf(row.role),
      keyId: row.id,
      expiresAt: undefined,
    }
  }

  async #accessToken(token: string): Promise<Caller | undefined> {
    const claims = await this.#tokens.verify(token)
    if (!claims) return undefined
    const highest = claims.operator ? await this.#operatorsRole(claims) : await this.#keysRole(claims)
    if (!highest) return undefined
    return {
      actor: { kind: 'ACCESS_TOKEN', name: claims.subject },
      operator: false,
      tenantId: claims.tenantId,
      role: atLeast(highest, claims.role) ? claims.role : highest,
      keyId: claims.keyId,
      expiresAt: claims.expiresAt,
    }
  }

  async #keysRole({ tenantId, keyId }: AccessClaims): Promise<Role | undefined> {
    const row = keyId === undefined ? undefined : await this.#liveKey({ tenantId, id: keyId })
    return row && roleOf(row.role)
  }

  async #operatorsRole({ tenantId }: AccessClaims): Promise<Role | undefined> {
    const tenant = await this.#database.prisma.tenant.findFirst({
      where: { id: tenantId, suspendedAt: null, deletedAt: null },
      select: { id: true },
    })
    return tenant ? 'ADMIN' : undefined
  }

  /** One lookup, the same for a key that never was and for one that is not good any more. */
  async #liveKey(which: { hash: string } | { tenantId: string; id: string }) {
    const now = this.#clock.now()
    const key = await lookUpKey(this.#database.sql, which, now)
    if (key) this.#lastUsed.note(key, now)
    return key
  }
}
