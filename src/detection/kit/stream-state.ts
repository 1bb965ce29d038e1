/**
 * One state for the whole stream, not one for each object. `stateOf` begins it, or makes it of what a former batch
 * stored.
 */
export const ofStream = <State>(stateOf: (stored?: State) => State) => ({
  initial: (): State => stateOf(),
  revive: (stored: unknown): State => stateOf(stored as State),
  key: (): string => '',
})
