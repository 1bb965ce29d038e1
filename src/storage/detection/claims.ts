import type { BatchOutcome } from '../../detection/engine/memory.ts'
import type { RememberedMemory } from './remembered.ts'

/** Tenants that have work, taken by this process until what came of it is recorded, or they are released. */
export interface WorkClaim {
  readonly tenants: readonly TenantWork[]
  /**
   * Stores what came of judging them, all in one transaction, and gives them back.
   * @returns what was stored: a tenant that has changed since it was claimed is left out, and still has its work
   * @throws ServingError with the tenant whose result could not be stored; then nothing is
   */
  record(judged: readonly JudgedWork[]): Promise<Recorded[]>
  /** Gives them back with their work; after `record` it does nothing. */
  release(): Promise<void>
}

/** What a tenant is to be judged for, and what is remembered of it. */
export interface TenantWork {
  readonly tenantId: string
  /** Of the tenant's memory when it was claimed. */
  readonly version: number
  /** Whether a rebuild runs, which has to learn of what is judged meanwhile. */
  readonly rebuilding: boolean
  readonly memory: RememberedMemory
  /** The events that wait; none: only time has passed. */
  readonly stripeIds: readonly string[]
  /** What is done with once the work is. */
  readonly wakes: readonly string[]
  /** Whether the wake for the tenant's timers is among them. */
  readonly rang: boolean
}

export interface JudgedWork {
  work: TenantWork
  outcome: BatchOutcome
}

export interface Recorded {
  tenantId: string
  outcome: BatchOutcome
  /** How many changes of anomalies were added to the tenant's feed. */
  acts: number
}

/** Names the tenant whose work failed, so that it can be made to wait. */
export class ServingError extends Error {
  constructor(
    readonly tenantId: string,
    cause: unknown,
  ) {
    super(`judging failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Whose work is looked for. */
export interface Search {
  now: Date
  /** Tenants that this process leaves to others. */
  passOver?: readonly string[]
  /** This tenant alone, for these of its events alone: its wakes stay for those that are left. */
  apart?: { tenantId: string; stripeIds: readonly string[] }
}
