import type { Seconds } from '../../time.ts'
import type { Profile } from '../profile.ts'
import type { World } from '../world.ts'

/** Something unusual that is nobody's fault: whoever raises an alarm for it cries wolf. */
export interface Disturbance {
  name: string
  /** It changes rates, so it keeps away from incidents that do. */
  rate: boolean
  /** How often in four weeks; more than one when it is usual. */
  often: number
  fits(profile: Profile): boolean
  /** Plans it on the world's agenda. */
  stage(world: World, at: Seconds): void
}
