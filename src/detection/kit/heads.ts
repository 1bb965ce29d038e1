import { HOUR } from '../../time.ts'

/**
 * A detector of rates: one state and one incident for the whole stream, which ends by itself. `stateOf` begins the
 * state, or makes it of what a former batch stored.
 */
export const ofStream = <State>(stateOf: (stored?: State) => State) => ({
  selfResolving: true,
  perObject: false,
  initial: (): State => stateOf(),
  revive: (stored: unknown): State => stateOf(stored as State),
  key: (): string => '',
})

/** A detector of single objects: what it finds waits for a person. */
export const ofObjects = { selfResolving: false, perObject: true, cooldown: 6 * HOUR }
