import { describe, expect, test } from 'vitest'
import { type StepName, takeStep } from '../../src/anomalies/lifecycle.ts'
import { PublicError } from '../../src/errors.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { acting, makeTenant } from '../support/graphql.ts'

const database = await testDatabase()

const kinds = async (tenantId: string, anomalyId: string) =>
  (
    await scopeTo(database, tenantId).db.activity.findMany({
      where: { tenantId, anomalyId },
      orderBy: { seq: 'asc' },
    })
  ).map(({ kind, note }) => (note === null ? kind : `${kind}: ${note}`))

describe('the life of an anomaly', () => {
  const STEPS: StepName[] = ['acknowledge', 'resolve', 'reopen', 'markFalsePositive']
  /** What becomes of each status by each step; undefined: CONFLICT. */
  const LIFE: Record<string, (string | undefined)[]> = {
    OPEN: ['ACKNOWLEDGED', 'RESOLVED', 'OPEN', 'FALSE_POSITIVE'],
    ACKNOWLEDGED: ['ACKNOWLEDGED', 'RESOLVED', 'OPEN', 'FALSE_POSITIVE'],
    RESOLVED: [undefined, 'RESOLVED', 'OPEN', 'FALSE_POSITIVE'],
    FALSE_POSITIVE: [undefined, undefined, 'OPEN', 'FALSE_POSITIVE'],
  }
  const cases = Object.entries(LIFE).flatMap(([status, ends]) =>
    STEPS.map((step, index) => [status, step, ends[index] ?? 'CONFLICT'] as const),
  )

  test.each(cases)('%s, %s: %s', async (status, step, end) => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id, { status })
    const outcome = await takeStep(scope, acting, step, id).then(
      ({ anomaly }) => anomaly.status,
      (error: unknown) => (error instanceof PublicError ? error.code : error),
    )
    expect(outcome).toBe(end)
    const { status: stored } = await scope.db.anomaly.findFirstOrThrow({ where: { tenantId: tenant.id, id } })
    expect(stored).toBe(end === 'CONFLICT' ? status : end)
    // A step that changes nothing, or is refused, leaves no trace.
    expect(await kinds(tenant.id, id)).toHaveLength(end === 'CONFLICT' || end === status ? 1 : 2)
  })

  test('taken twice, a step has one effect; new words beside it are kept', async () => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id)
    await takeStep(scope, acting, 'acknowledge', id, 'looking')
    await takeStep(scope, acting, 'acknowledge', id, 'looking')
    await takeStep(scope, acting, 'acknowledge', id)
    expect(await kinds(tenant.id, id)).toEqual(['ANOMALY_RAISED', 'ANOMALY_ACKNOWLEDGED: looking'])
    const { anomaly } = await takeStep(scope, acting, 'acknowledge', id, 'found it')
    expect(anomaly).toMatchObject({ note: 'found it', status: 'ACKNOWLEDGED' })
    expect(anomaly.searchText).toContain('found it')
    expect((await kinds(tenant.id, id)).at(-1)).toBe('ANOMALY_UPDATED: found it')
  })

  test('fifty at once make one act', async () => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id)
    await Promise.all(Array.from({ length: 50 }, () => takeStep(scope, acting, 'resolve', id)))
    expect(await kinds(tenant.id, id)).toEqual(['ANOMALY_RAISED', 'ANOMALY_RESOLVED'])
  }, 60_000)

  test('reopened, it forgets who had settled it; its history does not', async () => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id)
    await takeStep(scope, acting, 'acknowledge', id)
    const { anomaly: marked } = await takeStep(scope, acting, 'markFalsePositive', id, 'a test of ours')
    expect(marked).toMatchObject({
      falsePositiveReason: 'a test of ours',
      resolvedBy: JSON.stringify(acting.actor),
    })
    expect((await takeStep(scope, acting, 'reopen', id)).anomaly).toMatchObject({
      status: 'OPEN',
      falsePositiveReason: null,
      acknowledgedBy: null,
      acknowledgedAt: null,
      resolvedAt: null,
      resolvedBy: null,
    })
    expect(await kinds(tenant.id, id)).toEqual([
      'ANOMALY_RAISED',
      'ANOMALY_ACKNOWLEDGED',
      'ANOMALY_MARKED_FALSE_POSITIVE: a test of ours',
      'ANOMALY_REOPENED',
    ])
  })

  test('a step makes a batch that was judged before it out of date', async () => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id)
    const version = async () =>
      (await scope.db.claim.findFirstOrThrow({ where: { tenantId: tenant.id } })).version
    const before = await version()
    await takeStep(scope, acting, 'acknowledge', id)
    expect(await version()).toBeGreaterThan(before)
  })

  test.each([
    ['2,001 characters', 'x'.repeat(2_001)],
    ['half a character', '\ud800'],
  ])('a note of %s is refused', async (_name, note) => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    await expect(
      takeStep(scopeTo(database, tenant.id), acting, 'acknowledge', id, note),
    ).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { issues: [{ path: ['note'] }] },
    })
  })

  test("another tenant's anomaly is one that never was", async () => {
    const [tenant, other] = [await makeTenant(database), await makeTenant(database)]
    const id = await raise(database, other.id)
    const attack = (anomalyId: string) =>
      takeStep(scopeTo(database, tenant.id), acting, 'resolve', anomalyId).catch((error: Error) =>
        error.message.replace(anomalyId, ''),
      )
    expect(await attack(id)).toBe(await attack(`${id.slice(0, -1)}_`))
    expect(await kinds(other.id, id)).toEqual(['ANOMALY_RAISED'])
  })
})

test('an act of a person keeps what was there before, so that it can be taken back', async () => {
  const tenant = await makeTenant(database)
  const id = await raise(database, tenant.id, { note: 'before' })
  const scope = scopeTo(database, tenant.id)
  await takeStep(scope, acting, 'acknowledge', id, 'mine')
  await takeStep(scope, acting, 'markFalsePositive', id, 'a test')
  await takeStep(scope, acting, 'reopen', id)
  const acts = await scope.db.activity.findMany({ where: { anomalyId: id }, orderBy: { seq: 'asc' } })
  const former = acts.slice(1).map(({ data }) => JSON.parse(data ?? 'null').former)
  expect(former).toEqual([
    { status: 'OPEN', note: 'before', acknowledgedAt: null, acknowledgedBy: null },
    { status: 'ACKNOWLEDGED', falsePositiveReason: null, resolvedAt: null, resolvedBy: null },
    {
      status: 'FALSE_POSITIVE',
      falsePositiveReason: 'a test',
      acknowledgedAt: expect.any(String),
      acknowledgedBy: acting.actor,
      resolvedAt: expect.any(String),
      resolvedBy: acting.actor,
    },
  ])
  const anomaly = await scope.db.anomaly.findFirst({ where: { id } })
  expect(anomaly?.changedSeq).toBe(acts.at(-1)?.seq)
})
