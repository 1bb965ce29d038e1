import { PublicError } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import { type KeySearch, lookUpKey } from '../storage/key-lookup.ts'
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
export const roleOf = (text: string): Role => ROLES.find((one) => one === text) ?? 'VIEWER'

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

  /** A token that manages tenants, for an operator's session that has named none. */
  createOperatorToken(caller: Caller, ttlSeconds: number): Promise<AccessToken> {
    return this.#tokens.createForOperator(caller, ttlSeconds)
  }

  /** A mark of the operator key, for what has to end when that is replaced; undefined: there is no operator. */
  operatorMark(): string | undefined {
    return this.#tokens.operatorMark()
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
    const { inTenant, subject, keyId, sessionId, expiresAt } = claims
    const base = { keyId, sessionId, expiresAt }
    if (claims.operator && sessionId !== undefined && !(await this.#isOperatorSession(sessionId)))
      return undefined
    if (inTenant === undefined) {
      if (!claims.operator) return undefined
      const actor = { kind: 'OPERATOR', name: subject } as const
      return { ...base, actor, operator: true, tenantId: undefined, role: undefined }
    }
    const { tenantId, role } = inTenant
    const highest = claims.operator
      ? await this.#operatorsRole(tenantId)
      : await this.#keysRole(tenantId, claims)
    if (!highest) return undefined
    return {
      ...base,
      actor: { kind: 'ACCESS_TOKEN', name: subject },
      operator: false,
      tenantId,
      role: atLeast(highest, role) ? role : highest,
    }
  }

  async #keysRole(tenantId: string, { keyId, sessionId }: AccessClaims): Promise<Role | undefined> {
    if (keyId === undefined) return undefined
    const row = await this.#liveKey({ tenantId, id: keyId, sessionId })
    return row && roleOf(row.role)
  }

  async #operatorsRole(tenantId: string): Promise<Role | undefined> {
    const tenant = await this.#database.prisma.tenant.findFirst({
      where: { id: tenantId, suspendedAt: null, deletedAt: null },
      select: { id: true },
    })
    return tenant ? 'ADMIN' : undefined
  }

  async #isOperatorSession(id: string): Promise<boolean> {
    const where = { id, endedAt: null }
    return (await this.#database.prisma.operatorSession.findFirst({ where, select: { id: true } })) !== null
  }

  /** One lookup, the same for a key that never was and for one that is not good any more. */
  async #liveKey(which: KeySearch) {
    const now = this.#clock.now()
    const key = await lookUpKey(this.#database.sql, which, now)
    if (key) this.#lastUsed.note(key, now)
    return key
  }
}
