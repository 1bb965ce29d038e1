import type { Bus } from '../bus/bus.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { WallClock } from '../time.ts'
import type { StripeMeans } from './means.ts'

export interface ReconcileParts {
  scope: Scope
  means: StripeMeans
  vault: Vault
  clock: WallClock
  bus: Bus
  signal?: AbortSignal | undefined
  /** Asked before each page with the requests sent so far; where they may not go on, the rest waits. */
  mayGoOn?(sent: number): boolean
}
