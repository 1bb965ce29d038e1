import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Done } from '../../src/anomalies/act.ts'
import { commentOn } from '../../src/anomalies/comment.ts'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { snoozeAnomaly, unsnoozeAnomaly } from '../../src/anomalies/snooze.ts'
import { undoAct } from '../../src/anomalies/undo.ts'
import { PublicError } from '../../src/errors.ts'
import { composeId } from '../../src/ids.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import { later, raise, record, T0 } from '../support/anomalies.ts'
import { engine, testDatabase } from '../support/database.ts'
import { acting, makeTenant } from '../support/graphql.ts'

const database = await testDatabase()

const person = (name: string) => ({
  ...acting,
  actor: { kind: 'ACCESS_TOKEN', name } as const,
  clock: { now: () => T0 },
})
const ann = person('Ann')
const ben = person('Ben')

async function anomaly(seed: Parameters<typeof raise>[2] = {}) {
  const tenant = await makeTenant(database)
  return {
    tenant,
    scope: scopeTo(database, tenant.id),
    id: await raise(database, tenant.id, seed),
  }
}

const idOf = ({ activity }: Done): string => {
  if (!activity) throw new Error('it was no act')
  return composeId('act', activity.tenantId, activity.seq.toString())
}

/** What people see of it, without when it last changed. */
const faceOf = async ({ db }: Scope, id: string) => {
  const { updatedAt, changedSeq, ...face } = await db.anomaly.findFirstOrThrow({ where: { id } })
  return face
}

describe('undoing an act', () => {
  test('restores all that the act changed, and leaves both in the history', async () => {
    const { scope, id } = await anomaly({ note: 'before' })
    const before = await faceOf(scope, id)
    const done = await takeStep(scope, ann, 'resolve', id, 'Retried them.')
    const { activity } = await undoAct(scope, ann, idOf(done))
    expect(await faceOf(scope, id)).toEqual(before)
    expect(activity).toMatchObject({ kind: 'ANOMALY_ACT_UNDONE', actorName: 'Ann' })
    expect(JSON.parse(activity?.data ?? '')).toMatchObject({
      undone: idOf(done),
      kind: 'ANOMALY_RESOLVED',
      former: { status: 'RESOLVED', note: 'Retried them.' },
    })
  })

  test('is the same when it is done twice', async () => {
    const { scope, id } = await anomaly()
    const done = await takeStep(scope, ann, 'acknowledge', id)
    const once = await undoAct(scope, ann, idOf(done))
    const twice = await undoAct(scope, ann, idOf(done))
    expect(twice).toEqual(once)
  })

  test("is a conflict after a colleague's act, which it names", async () => {
    const { scope, id } = await anomaly()
    const done = await takeStep(scope, ann, 'acknowledge', id)
    await commentOn(scope, ben, id, 'I called them.')
    await expect(undoAct(scope, ann, idOf(done))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('Ben'),
    })
    expect((await faceOf(scope, id)).status).toBe('ACKNOWLEDGED')
  })

  test('keeps what the system saw meanwhile', async () => {
    const { tenant, scope, id } = await anomaly()
    const done = await snoozeAnomaly(scope, ann, id, { until: later(3_600) })
    await record(database, tenant.id, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
    await scope.db.anomaly.updateMany({ where: { id }, data: { status: 'RESOLVED', occurrences: 7 } })
    const { anomaly: after } = await undoAct(scope, ann, idOf(done))
    expect(after).toMatchObject({ status: 'RESOLVED', occurrences: 7, snoozedUntil: null })
  })

  test('is a conflict for what the system did, and for an undoing itself', async () => {
    const { tenant, scope, id } = await anomaly()
    const raised = composeId(
      'act',
      tenant.id,
      (await scope.db.anomaly.findFirstOrThrow({ where: { id } })).seq.toString(),
    )
    await expect(undoAct(scope, ann, raised)).rejects.toMatchObject({ code: 'CONFLICT' })
    const done = await takeStep(scope, ann, 'acknowledge', id)
    const undone = await undoAct(scope, ann, idOf(done))
    await expect(undoAct(scope, ann, idOf(undone))).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('finds no act of another tenant, and none that is about no anomaly', async () => {
    const { scope, id } = await anomaly()
    const other = await anomaly()
    const done = await takeStep(scope, ann, 'acknowledge', id)
    const created = composeId('act', other.tenant.id, '1')
    for (const attack of [idOf(done), created, 'act_x', id])
      await expect(undoAct(other.scope, ann, attack)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await faceOf(scope, id)).status).toBe('ACKNOWLEDGED')
  })

  test('undoes whatever somebody did last, from any state, exactly', async () => {
    const { scope, id } = await anomaly()
    const ACTS: Record<string, (words: string) => Promise<Done>> = {
      acknowledge: (words) => takeStep(scope, ann, 'acknowledge', id, words),
      resolve: (words) => takeStep(scope, ben, 'resolve', id, words),
      reopen: (words) => takeStep(scope, ann, 'reopen', id, words),
      markFalsePositive: (words) => takeStep(scope, ben, 'markFalsePositive', id, words),
      comment: (words) => commentOn(scope, ann, id, `c${words}`),
      snooze: (words) => snoozeAnomaly(scope, ben, id, { until: later(60 + words.length) }),
      snoozeUntilItGrows: () => snoozeAnomaly(scope, ann, id, { untilItGrows: true }),
      unsnooze: () => unsnoozeAnomaly(scope, ben, id),
    }
    const step = fc.record({
      name: fc.constantFrom(...Object.keys(ACTS)),
      words: fc.string({ maxLength: 5, unit: fc.constantFrom('a', 'b', ' ') }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        for (const { name, words } of steps) {
          const before = await faceOf(scope, id)
          // Not every state has every step.
          const done = await ACTS[name]?.(words).catch((error: unknown) => {
            if (error instanceof PublicError && error.code === 'CONFLICT') return undefined
            throw error
          })
          if (!done?.activity) continue
          const after = await faceOf(scope, id)
          await undoAct(scope, ann, idOf(done))
          expect(await faceOf(scope, id)).toEqual(before)
          // On to the next state.
          await ACTS[name]?.(words)
          expect({ ...(await faceOf(scope, id)) }).toEqual(after)
        }
      }),
      { numRuns: engine === 'sqlite' ? 12 : 5 },
    )
  })
})
