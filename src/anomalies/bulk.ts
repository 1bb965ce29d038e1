import { badInput, type ErrorCode, PublicError } from '../errors.ts'
import type { Activity, Anomaly } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Acting } from './act.ts'
import { type StepName, takeStep } from './lifecycle.ts'

/** Anomalies of one bulk act. */
export const MAX_BULK = 200

export interface BulkDone {
  /** Those that are now as wanted, in the given order. */
  anomalies: Anomaly[]
  activities: Activity[]
  problems: { id: string; code: ErrorCode; message: string }[]
}

/**
 * Takes one step with several anomalies. Each is an act of its own, in a transaction of its own: one that cannot be
 * done is named and stops none of the others, and no writer waits for all of them.
 * @throws PublicError BAD_USER_INPUT for too many, and for words that are none
 */
export async function updateAnomalies(
  scope: Scope,
  acting: Acting,
  ids: readonly string[],
  step: StepName,
  text?: string | null,
): Promise<BulkDone> {
  if (ids.length > MAX_BULK)
    throw badInput(['ids'], `At most ${MAX_BULK} anomalies can be changed at once.`, 'OUT_OF_RANGE')
  const done: BulkDone = { anomalies: [], activities: [], problems: [] }
  for (const id of new Set(ids)) {
    try {
      const { anomaly, activity } = await takeStep(scope, acting, step, id, text)
      done.anomalies.push(anomaly)
      if (activity) done.activities.push(activity)
    } catch (error) {
      if (!isAboutOne(error)) throw error
      done.problems.push({ id, code: error.code, message: error.message })
    }
  }
  return done
}

const isAboutOne = (error: unknown): error is PublicError =>
  error instanceof PublicError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT')
