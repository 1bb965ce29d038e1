/** `25%`, `7.5%`, `0.3%`: as many digits as are worth reading. */
export function percent(share: number): string {
  const hundredths = share * 100
  return `${hundredths >= 10 ? Math.round(hundredths) : trim(hundredths, 1)}%`
}

/** An expected count: `0.4`, `7.5`, `120`. */
export function about(count: number): string {
  if (count >= 10) return String(Math.round(count))
  return count >= 0.1 ? trim(count, 1) : trim(count, 2)
}

/** `3.2 times`. */
export const times = (ratio: number): string => `${about(ratio)} times`

const trim = (value: number, digits: number): string => String(Number(value.toFixed(digits)))

/** How sure an alarm is, in words: of one that only just passed its threshold, and of one that is far beyond. */
export const sureness = (nats: number, needed: number): string =>
  nats >= needed + 4 ? 'almost certainly not chance' : 'very likely not chance'
