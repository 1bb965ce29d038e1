import type { Reader } from '../sql.ts'
import type { JudgedWork, Recorded } from './claims.ts'
import type { ReadyTenant } from './due-tenants.ts'
import type { DueWakes } from './wakes.ts'

export type TenantWakes = Map<string, DueWakes>

/** Tenants that an engine has taken, in its own way: a claim before it is known what they wait for. */
export interface Taken {
  /** Those first that were served longest ago. */
  readonly ready: readonly ReadyTenant[]
  /** Reads in the tenant's name. */
  readerOf(tenantId: string): Reader
  wakesOf(tenants: readonly ReadyTenant[]): Promise<TenantWakes>
  record(judged: readonly JudgedWork[]): Promise<Recorded[]>
  release(): Promise<void>
}
