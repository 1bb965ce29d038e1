import type { Logger } from '../log.ts'
import { awayReason, isDatabaseAway } from '../storage/away.ts'
import type { Clock } from '../time.ts'

/** The same is said again after this long. Milliseconds. */
const SAY_EVERY = 10_000
/** Longer than most statements are waited for: nothing fails any more, rather than has not failed yet. Milliseconds. */
const OVER_AFTER = 20_000

export interface CalmLogOptions {
  clock: Pick<Clock, 'steady'>
  sayEveryMs?: number
  overAfterMs?: number
}

/**
 * The same log, in which a database that is away is no flood: all that goes round fails then, each second anew. A warning
 * or an error of that is said once in a while, with the reason in place of the stack, which shows the driver alone; and
 * once that it is over. Everything else is written as it is.
 */
export function calmLog(
  log: Logger,
  { clock, sayEveryMs = SAY_EVERY, overAfterMs = OVER_AFTER }: CalmLogOptions,
): Logger {
  const said = new Map<string, { at: number; leftOut: number }>()
  let timer: NodeJS.Timeout | undefined

  const over = (): void => {
    const leftOut = [...said.values()].reduce((sum, one) => sum + one.leftOut, 0)
    said.clear()
    timer = undefined
    log.info({ leftOut }, 'no more trouble with the database')
  }
  /** @returns undefined while it is too early to say it again */
  const leftOutBefore = (key: string): number | undefined => {
    timer = timer?.refresh() ?? setTimeout(over, overAfterMs).unref()
    const last = said.get(key)
    const now = clock.steady()
    if (last !== undefined && now - last.at < sayEveryMs) {
      last.leftOut += 1
      return undefined
    }
    said.set(key, { at: now, leftOut: 0 })
    return last?.leftOut ?? 0
  }
  const calm =
    (level: 'warn' | 'error') =>
    (fields: unknown, message?: string): void => {
      if (typeof fields === 'string') {
        log[level](fields)
        return
      }
      const err = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined
      if (!isDatabaseAway(err)) {
        log[level](fields, message)
        return
      }
      const reason = awayReason(err)
      const leftOut = leftOutBefore(`${message} ${reason}`)
      if (leftOut !== undefined)
        log[level]({ ...Object(fields), err: undefined, reason, ...(leftOut > 0 && { leftOut }) }, message)
    }
  return Object.assign(Object.create(log), { warn: calm('warn'), error: calm('error') })
}
