/** `CHARGE_FAILURE_SPIKE` → `Charge failure spike`: also for values that were added after this page was built. */
export const sentenceCase = (name: string): string => capitalized(name.toLowerCase().replaceAll('_', ' '))

export const capitalized = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/** `1 sign`, `3 signs`, `1,200 signs`. */
export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`

/** `CHARGE_FAILURE_SPIKE` → `charge-failure-spike`, as addresses of the page have it. */
export const slug = (name: string): string => name.toLowerCase().replaceAll('_', '-')
