import type { Seconds } from '../../time.ts'
import { addMoney, addTo, type PossibleMoney, type Sums, sumsOf } from './amounts.ts'

/**
 * Signs of a run with what they are measured by, so that its most likely beginning can be looked for when it fires:
 * the run itself begins wherever evidence last stood at 0, which may be at a stray sign long before. Plain data.
 */
export interface Mark {
  at: Seconds
  /** Payments, or signs that were usual, since the run began and before this mark. */
  before: number
  signs: number
  amounts: Sums
  reasons: Sums
}

/** One sign with its money, and why it was one. */
export function markOf(
  sign: PossibleMoney & { at: Seconds },
  reason: string | undefined,
  before: number,
): Mark {
  const mark: Mark = { at: sign.at, before, signs: 1, amounts: {}, reasons: {} }
  addMoney(mark.amounts, sign)
  addTo(mark.reasons, reason ?? 'unknown', 1)
  return mark
}

/** More are put together two by two: a run of hundreds of signs needs no beginning to the second. */
const MOST_MARKS = 32

export function noteMark(marks: Mark[], mark: Mark): void {
  marks.push(mark)
  if (marks.length <= MOST_MARKS) return
  for (let i = 0; i < marks.length - 1; i += 1) {
    const [first, second] = [marks[i], marks[i + 1]]
    if (first === undefined || second === undefined) break
    first.amounts = sumsOf([first.amounts, second.amounts])
    first.reasons = sumsOf([first.reasons, second.reasons])
    first.at = Math.min(first.at, second.at)
    first.signs += second.signs
    marks.splice(i + 1, 1)
  }
}

/** What came since the most likely beginning. */
export interface Since {
  at: Seconds
  signs: number
  /** Payments, or signs that were usual. */
  exposure: number
  nats: number
  /** By how many nats a beginning that leaves too few signs would be more likely. */
  beaten: number
  amounts: Sums
  reasons: Sums
}

/**
 * The most likely beginning of what a run has seen: where the signs since then, against what they are measured by, are
 * the least likely to be chance.
 * @param total payments or usual signs since the run began
 * @param evidence in nats for a number of signs, given the number of payments or of usual signs
 * @param isEnough of which beginnings may be spoken
 */
export function mostLikelyOnset(
  marks: readonly Mark[],
  total: number,
  evidence: (signs: number, exposure: number) => number,
  isEnough: (signs: number, exposure: number) => boolean,
): Since | undefined {
  let best: { first: number; signs: number; exposure: number; nats: number } | undefined
  let most = 0
  let signs = 0
  for (let first = marks.length - 1; first >= 0; first -= 1) {
    const mark = marks[first]
    if (mark === undefined) break
    signs += mark.signs
    const exposure = total - mark.before
    const nats = evidence(signs, exposure)
    most = Math.max(most, nats)
    if (isEnough(signs, exposure) && nats > (best?.nats ?? 0)) best = { first, signs, exposure, nats }
  }
  if (best === undefined) return undefined
  const since = marks.slice(best.first)
  return {
    at: Math.min(...since.map(({ at }) => at)),
    signs: best.signs,
    exposure: best.exposure,
    nats: best.nats,
    beaten: most - best.nats,
    amounts: sumsOf(since.map(({ amounts }) => amounts)),
    reasons: sumsOf(since.map(({ reasons }) => reasons)),
  }
}
