/** The values on each level of a JSON value, from the value itself down, without recursion. */
export function* levelsOf(value: unknown): Generator<readonly unknown[]> {
  for (let level: unknown[] = [value]; level.length > 0; ) {
    yield level
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
}
