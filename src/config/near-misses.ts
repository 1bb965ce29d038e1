/** A variable that was set and is not read, though its name is nearly that of one that is. */
export interface NearMiss {
  given: string
  /** The variable that was probably meant; undefined where only our prefix says that it was meant for us. */
  meant: string | undefined
}

const PREFIX = /^(BILLINGWATCH|BILLING_WATCH)_/

/** Differences that a slip of the hand makes; in a short name any one letter makes another word. */
const tolerated = (name: string): number => (name.length >= 10 ? 2 : name.length >= 7 ? 1 : 0)

/**
 * @param source variables by name
 * @param known every name that is read
 */
export function nearMisses(source: Record<string, string | undefined>, known: readonly string[]): NearMiss[] {
  const isSet = (name: string): boolean => (source[name] ?? '').trim() !== ''
  return Object.keys(source)
    .filter((given) => !known.includes(given) && isSet(given))
    .flatMap((given) => {
      const meant = known.find((name) => !isSet(name) && isNear(given, name))
      return meant !== undefined || PREFIX.test(given) ? [{ given, meant }] : []
    })
}

function isNear(given: string, name: string): boolean {
  const [plain, wanted] = [bare(given), bare(name)]
  if (plain === wanted || bare(given.replace(PREFIX, '')) === wanted) return true
  return distance(plain, wanted) <= tolerated(wanted)
}

/** Case and separators are what people get wrong most. */
const bare = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

/** Letters to insert, take away, replace or swap with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1))
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(before, j - 2) + 1)
      next.push(cost)
    }
    ;[before, row] = [row, next]
  }
  return at(row, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
