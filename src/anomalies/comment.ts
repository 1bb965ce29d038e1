import { z } from 'zod'
import type { Scope } from '../storage/scope/scope.ts'
import { parseInput } from '../tenancy/input.ts'
import { type Acting, actOn, type Done, recordAct } from './act.ts'
import { words } from './lifecycle.ts'

const comment = z.object({ text: words.min(1, 'text must not be empty') })

/**
 * Adds a person's words to an anomaly's history; the anomaly stays as it is.
 * @throws PublicError NOT_FOUND; BAD_USER_INPUT
 */
export async function commentOn(scope: Scope, acting: Acting, id: string, given: string): Promise<Done> {
  const { text } = parseInput(comment, { text: given })
  return actOn(scope, id, (db, anomaly) =>
    recordAct(db, acting, anomaly, { kind: 'ANOMALY_COMMENTED', note: text }),
  )
}
