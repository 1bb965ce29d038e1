import { createHmac } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { PublicError } from '../errors.ts'
import { randomBase62 } from '../ids.ts'
import type { WallClock } from '../time.ts'
import { atLeast, type Caller, type Role } from './caller.ts'
import { parseInput, role, subject } from './input.ts'
import type { DerivedKey, Vault } from './vault.ts'

const ISSUER = 'billingwatch'
const AUDIENCE = 'billingwatch/api'

const claims = z.object({
  sub: z.string(),
  exp: z.int(),
  /** With `role`; neither: an operator's who has named no tenant. */
  tenant: z.string().optional(),
  role: role.optional(),
  /** The API key it was made with: revoking that ends it. */
  key: z.string().optional(),
  /** Instead of `key`, a mark of the operator key it was made with: replacing that ends it. */
  operator: z.string().optional(),
  /** The session that it was handed out for: ending that ends it. */
  session: z.string().optional(),
})

export interface AccessClaims {
  /** With its role; undefined: an operator's who has named no tenant. */
  inTenant: { tenantId: string; role: Role } | undefined
  subject: string
  keyId: string | undefined
  operator: boolean
  sessionId: string | undefined
  expiresAt: Date
}

const request = z.object({
  role: role.default('VIEWER'),
  ttlSeconds: z
    .int('ttlSeconds must be a whole number')
    .min(1, 'ttlSeconds must be at least 1')
    .max(86_400, 'ttlSeconds must be at most a day')
    .default(900),
  subject: subject.nullish(),
})

export type AccessTokenInput = z.input<typeof request>

export interface AccessToken {
  token: string
  expiresAt: Date
}

/** It was good once. A WebSocket is closed with 4403 for it, so that a client fetches a new one. */
export class TokenExpired extends PublicError {
  constructor() {
    super('UNAUTHENTICATED', 'the access token has expired')
  }
}

/** Short-lived signed tokens that let a browser act within one tenant without seeing a key. */
export class AccessTokens {
  readonly #keys: readonly DerivedKey[]
  readonly #clock: WallClock
  readonly #adminKey: string | undefined

  constructor(parts: { vault: Vault; clock: WallClock; adminKey: string | undefined }) {
    this.#keys = parts.vault.derive('access tokens')
    this.#clock = parts.clock
    this.#adminKey = parts.adminKey
  }

  /**
   * A token of at most the caller's own role. One made with a token ends no later than that one.
   * @throws PublicError BAD_USER_INPUT; FORBIDDEN for a higher role, and for an operator who named no tenant
   */
  async create(caller: Caller, input: AccessTokenInput): Promise<AccessToken> {
    const wanted = parseInput(request, input)
    if (caller.tenantId === undefined || caller.role === undefined) {
      throw new PublicError('FORBIDDEN', 'name the tenant that the token is for')
    }
    if (!atLeast(caller.role, wanted.role)) {
      throw new PublicError('FORBIDDEN', `a ${caller.role} cannot give ${wanted.role}`)
    }
    return this.#sign(caller, { tenant: caller.tenantId, role: wanted.role }, wanted)
  }

  /** A token with which an operator's session manages tenants; within one it has no rights. */
  createForOperator(caller: Caller, ttlSeconds: number): Promise<AccessToken> {
    return this.#sign(caller, {}, { ttlSeconds })
  }

  async #sign(
    caller: Caller,
    rights: { tenant?: string; role?: Role },
    { ttlSeconds, subject }: Pick<z.output<typeof request>, 'ttlSeconds' | 'subject'>,
  ): Promise<AccessToken> {
    const current = this.#current()
    const now = this.#clock.now().getTime() / 1000
    const latest = caller.expiresAt ? Math.floor(caller.expiresAt.getTime() / 1000) : Infinity
    // Rounded up: a token that is asked for a second is good for at least that.
    const expires = Math.min(Math.ceil(now) + ttlSeconds, latest)
    const by = caller.keyId === undefined ? { operator: this.#markBy(current) } : { key: caller.keyId }
    const session = caller.sessionId === undefined ? {} : { session: caller.sessionId }
    const token = await new SignJWT({ ...rights, ...by, ...session })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: current.keyId })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject ?? caller.actor.name)
      .setIssuedAt(Math.floor(now))
      .setExpirationTime(expires)
      .setJti(randomBase62(22))
      .sign(current.key)
    return { token, expiresAt: new Date(expires * 1000) }
  }

  /**
   * Checks signature, issuer, audience and time; whether key and tenant still stand is for the caller to look up.
   * @returns undefined for whatever is not a token of ours
   * @throws TokenExpired
   */
  async verify(token: string): Promise<AccessClaims | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => this.#key(kid).key, {
        // The header does not choose: `none`, or a public key's algorithm, is refused before any key is used.
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        currentDate: this.#clock.now(),
        requiredClaims: ['sub', 'exp'],
      })
      const { sub, exp, tenant, role: granted, key, operator, session } = claims.parse(payload)
      if ((key === undefined) === (operator === undefined)) return undefined
      if (operator !== undefined && operator !== this.#markBy(this.#key(protectedHeader.kid)))
        return undefined
      return {
        inTenant:
          tenant === undefined || granted === undefined ? undefined : { tenantId: tenant, role: granted },
        subject: sub,
        keyId: key,
        operator: operator !== undefined,
        sessionId: session,
        expiresAt: new Date(exp * 1000),
      }
    } catch (error) {
      // The signature was found good before the time was looked at: a forger does not learn it.
      if (error instanceof errors.JWTExpired) throw new TokenExpired()
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined
      throw error
    }
  }

  /** A mark of the operator key, for what has to end when that is replaced; undefined: there is no operator. */
  operatorMark(): string | undefined {
    return this.#markBy(this.#current())
  }

  /** Keyed, since whoever holds the token reads it: a bare digest would let the operator key be guessed at home. */
  #markBy({ key }: DerivedKey): string | undefined {
    return this.#adminKey === undefined
      ? undefined
      : createHmac('sha256', key).update(`mark ${this.#adminKey}`).digest('hex').slice(0, 16)
  }

  #current(): DerivedKey {
    const [current] = this.#keys
    if (!current) throw new Error('the vault gave no key for access tokens')
    return current
  }

  #key(kid: string | undefined): DerivedKey {
    const known = this.#keys.find(({ keyId }) => keyId === kid)
    if (!known) throw new errors.JWSSignatureVerificationFailed()
    return known
  }
}
