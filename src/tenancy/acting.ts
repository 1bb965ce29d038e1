import type { Actor } from '../actor.ts'
import type { WallClock } from '../time.ts'
import type { Vault } from './vault.ts'

/** Who acts on a tenant, and by which means. */
export interface Acting {
  actor: Actor
  vault: Vault
  clock: WallClock
}
