import { z } from 'zod'
import { PublicError } from '../../errors.ts'
import { newId, randomBase62, sha256 } from '../../ids.ts'
import type { Database } from '../../storage/database.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import { lookUpSession, type SessionLookup } from '../../storage/session-lookup.ts'
import { DAY, HOUR, MINUTE, type WallClock } from '../../time.ts'
import type { AccessToken } from '../access-tokens.ts'
import { type Authenticator, roleOf } from '../authenticate.ts'
import type { Caller, Role } from '../caller.ts'
import { parseInput, subject } from '../input.ts'
import { BoundedLookups } from '../lookups.ts'

/** A session that is not used for so long is over. Milliseconds, as all here. */
export const IDLE = 12 * HOUR * 1_000
/** However much it is used, it is over then. */
export const LONGEST = 7 * DAY * 1_000
/** How exactly it is known when it was last used. */
const NOTED_EVERY = MINUTE * 1_000

/** Seconds that a token is good for. */
const TOKEN_SECONDS = 15 * MINUTE
/** A token that reaches every tenant is good for less. */
const OPERATOR_TOKEN_SECONDS = 5 * MINUTE

/** Sessions of a tenant that are kept: the newest. More people do not sign in within a week. */
const MOST = 500

/** Look-ups of cookies and of keys to sign in with, at once. Each takes a connection to the database. */
const LOOKUPS_AT_ONCE = 4

export interface SessionToken extends AccessToken {
  role: Role | null
  name: string
  /** Whether it manages tenants. */
  operator: boolean
}

export interface NewSession {
  /** For the cookie; only its hash is stored. */
  secret: string
  expiresAt: Date
}

const ended = () => new PublicError('UNAUTHENTICATED', 'the session has ended: sign in again')

/** Who is signed in to the dashboard: a cookie that is good for nothing but fetching access tokens of its person. */
export class Sessions {
  readonly #database: Database
  readonly #authenticator: Authenticator
  readonly #clock: WallClock
  readonly #lookups = new BoundedLookups(LOOKUPS_AT_ONCE)

  constructor(parts: { database: Database; authenticator: Authenticator; clock: WallClock }) {
    this.#database = parts.database
    this.#authenticator = parts.authenticator
    this.#clock = parts.clock
  }

  /**
   * Begins a session with a key of a tenant, or the operator's.
   * @param name of the person, for activity
   * @param from the client's network, as everywhere here
   * @throws PublicError UNAUTHENTICATED for any other credentials; BAD_USER_INPUT for a name that is none
   */
  async begin(key: string, name: string, from: string): Promise<NewSession> {
    const person = parseInput(z.object({ name: subject }), { name }).name
    const caller = await this.#lookups.run(from, () =>
      this.#authenticator.authenticate({ authorization: key, tenantId: undefined }),
    )
    if (caller.actor.kind === 'ACCESS_TOKEN' || caller.expiresAt !== undefined)
      throw new PublicError('UNAUTHENTICATED', 'sign in with an API key')
    const secret = randomBase62(43)
    const now = this.#clock.now()
    const expiresAt = new Date(now.getTime() + LONGEST)
    const row = {
      id: newId('ses'),
      hash: sha256(secret),
      name: person,
      createdAt: now,
      usedAt: now,
      expiresAt,
    }
    if (caller.tenantId !== undefined && caller.keyId !== undefined)
      await this.#store(caller.tenantId, { ...row, keyId: caller.keyId })
    else
      await this.#database.prisma.operatorSession.create({
        data: { ...row, keyMark: this.#authenticator.operatorMark() ?? '' },
      })
    return { secret, expiresAt }
  }

  /** @returns undefined for an unknown cookie, and for a session that is over */
  async find(secret: string, from: string): Promise<SessionLookup | undefined> {
    const session = await this.#lookUp(secret, from)
    const now = this.#clock.now()
    if (!session || session.expiresAt <= now) return undefined
    if (now.getTime() - session.usedAt.getTime() >= IDLE) return undefined
    if (session.keyExpiresAt && session.keyExpiresAt <= now) return undefined
    if (!session.inTenant && session.keyMark !== this.#authenticator.operatorMark()) return undefined
    return session
  }

  /**
   * The API's own short-lived token for the person of a session.
   * @param tenantId in which an operator acts; nobody else names one but their own
   * @throws PublicError UNAUTHENTICATED when the session is over; FORBIDDEN, NOT_FOUND for the tenant
   */
  async token(secret: string, tenantId: string | undefined, from: string): Promise<SessionToken> {
    const session = await this.find(secret, from)
    if (!session) throw ended()
    await this.#noteUse(session)
    const { inTenant, name, expiresAt } = session
    const base = { sessionId: session.id, expiresAt, keyId: inTenant?.keyId }
    const actor = { kind: inTenant ? 'ACCESS_TOKEN' : 'OPERATOR', name } as const
    if (!inTenant && tenantId === undefined) {
      const caller: Caller = { ...base, actor, operator: true, tenantId: undefined, role: undefined }
      const token = await this.#authenticator.createOperatorToken(caller, OPERATOR_TOKEN_SECONDS)
      return { ...token, role: null, name, operator: true }
    }
    if (inTenant && tenantId !== undefined && tenantId !== inTenant.tenantId)
      throw new PublicError('FORBIDDEN', 'this session is of another tenant')
    const within = inTenant
      ? { tenantId: inTenant.tenantId, role: roleOf(inTenant.role) }
      : { tenantId: await this.#servedTenant(tenantId ?? ''), role: 'ADMIN' as const }
    const caller: Caller = { ...base, ...within, actor, operator: false }
    const token = await this.#authenticator.createAccessToken(caller, {
      role: within.role,
      ttlSeconds: TOKEN_SECONDS,
      subject: name,
    })
    return { ...token, role: within.role, name, operator: false }
  }

  /** Signs out: the session and its tokens are worth nothing from the commit on. */
  async end(secret: string, from: string): Promise<void> {
    const session = await this.#lookUp(secret, from)
    if (!session) return
    await this.#update(session, { endedAt: this.#clock.now() })
  }

  /** Anybody may bring cookies that were never given out. */
  #lookUp(secret: string, from: string): Promise<SessionLookup | undefined> {
    return this.#lookups.run(from, () => lookUpSession(this.#database.sql, sha256(secret)))
  }

  async #servedTenant(id: string): Promise<string> {
    const tenant = /^ten_[0-9A-Za-z]+$/.test(id)
      ? await this.#database.prisma.tenant.findFirst({ where: { id, deletedAt: null } })
      : null
    if (!tenant) throw new PublicError('NOT_FOUND', 'there is no such tenant')
    if (tenant.suspendedAt) throw new PublicError('FORBIDDEN', 'this tenant is suspended')
    return id
  }

  /** Those that were begun the longest ago go when there are too many. */
  async #store(tenantId: string, row: Omit<SessionRow, 'tenantId'>): Promise<void> {
    await scopeTo(this.#database, tenantId).transaction(async (db) => {
      await db.session.create({ data: { tenantId, ...row } })
      const surplus = await db.session.findMany({
        where: { tenantId },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        skip: MOST,
        take: MOST,
        select: { id: true },
      })
      if (surplus.length > 0)
        await db.session.deleteMany({ where: { tenantId, id: { in: surplus.map(({ id }) => id) } } })
    })
  }

  async #noteUse(session: SessionLookup): Promise<void> {
    const now = this.#clock.now()
    if (Math.abs(now.getTime() - session.usedAt.getTime()) < NOTED_EVERY) return
    await this.#update(session, { usedAt: now })
  }

  async #update({ inTenant, id }: SessionLookup, data: { usedAt: Date } | { endedAt: Date }): Promise<void> {
    if (inTenant)
      await scopeTo(this.#database, inTenant.tenantId).db.session.updateMany({
        where: { tenantId: inTenant.tenantId, id },
        data,
      })
    else await this.#database.prisma.operatorSession.updateMany({ where: { id }, data })
  }
}

interface SessionRow {
  tenantId: string
  id: string
  hash: string
  keyId: string
  name: string
  createdAt: Date
  usedAt: Date
  expiresAt: Date
}
