/**
 * Why a transaction failed, as far as is needed to decide what to do next. `orphan`: the tenant or endpoint is gone.
 * `row`: something in the rows themselves, which will fail again. `away`: anything else (busy, full, unreachable,
 * ended for taking too long), which may pass.
 */
export type StorageFailure = 'orphan' | 'row' | 'away'

/** Whether the data itself is why something could not be saved: what is wrong with it stays, whoever tries again. */
export const isDataFailure = (error: unknown): boolean => classifyFailure(error) !== 'away'

/** PostgreSQL's classes for data exceptions, constraints, and rows over its size limits. */
const ROW_STATE = /^(22|23|54)[0-9A-Z]{3}$/

export function classifyFailure(error: unknown): StorageFailure {
  if (!(error instanceof Error)) return 'away'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY' || code === '23503') return 'orphan'
  if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code) || ROW_STATE.test(code)) return 'row'
  // What a driver cannot even bind: a time out of range, a number that is none.
  return error instanceof RangeError || error instanceof TypeError ? 'row' : 'away'
}
