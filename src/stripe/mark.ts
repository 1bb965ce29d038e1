/**
 * A short mark of some values (FNV-1a, 32 bits), to compare them by without keeping them: two of one object's few
 * states, or of one payer's few purchases, hardly ever share one.
 */
export const mark = (values: readonly unknown[]): string => {
  const written = values.join('|')
  let hash = 0x811c9dc5
  for (let place = 0; place < written.length; place += 1) {
    hash = Math.imul(hash ^ written.charCodeAt(place), 0x01000193)
  }
  return (hash >>> 0).toString(36)
}
