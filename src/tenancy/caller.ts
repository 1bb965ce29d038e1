import type { Actor } from '../actor.ts'

export const ROLES = ['VIEWER', 'MEMBER', 'ADMIN'] as const
export type Role = (typeof ROLES)[number]

export const atLeast = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed)

/** Whose credentials a request carries, and what they may do. */
export interface Caller {
  actor: Actor
  operator: boolean
  /** Whose data the request may reach; undefined: an operator who named no tenant. */
  tenantId: string | undefined
  /** Undefined only together with `tenantId`. */
  role: Role | undefined
  /** The key behind it (also behind an access token): revoking it cuts the caller off. */
  keyId: string | undefined
  /** The session that an access token was handed out for: its end cuts the caller off. */
  sessionId?: string | undefined
  /** When an access token ends; undefined: not by itself. */
  expiresAt: Date | undefined
}
