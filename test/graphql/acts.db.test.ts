import { describe, expect, test, vi } from 'vitest'
import { raise } from '../support/anomalies.ts'
import { resumeCursor, SOON } from '../support/feed.ts'
import {
  ask,
  codeOf,
  connect,
  data,
  type Json,
  keyOf,
  listen,
  makeTenant,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi()

async function member() {
  const tenant = await makeTenant(database)
  return { tenant, key: (await keyOf(database, tenant, 'MEMBER')).key }
}

interface Act {
  anomaly: Json & { status: string; snoozedUntil: string | null; snoozedUntilItGrows: boolean }
  activity: { id: string; kind: string; note: string | null } | null
}

/** One mutation on an anomaly. @param input without its braces */
async function act(key: string, mutation: string, input: string): Promise<Act> {
  const answer = await data(
    served,
    key,
    `mutation { ${mutation}(input: {${input}}) {
      anomaly { status note snoozedUntil snoozedUntilItGrows } activity { id kind note }
    } }`,
  )
  return answer[mutation] as Act
}

describe('a comment', () => {
  test('stands in the history under the name of its author, each time that it is sent', async () => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    for (let n = 0; n < 2; n++) {
      const { anomaly, activity } = await act(key, 'commentOnAnomaly', `id: "${id}", text: " Called them. "`)
      expect(anomaly).toMatchObject({ status: 'OPEN', note: null })
      expect(activity).toMatchObject({ kind: 'ANOMALY_COMMENTED', note: 'Called them.' })
    }
    const { anomaly } = await data(
      served,
      key,
      `{ anomaly(id: "${id}") { activity { nodes { kind note actor { name } } } } }`,
    )
    expect(anomaly).toMatchObject({
      activity: {
        nodes: [
          { kind: 'ANOMALY_RAISED' },
          { kind: 'ANOMALY_COMMENTED', note: 'Called them.', actor: { name: 'a MEMBER' } },
          { kind: 'ANOMALY_COMMENTED' },
        ],
      },
    })
  })

  test.each([' ', 'x'.repeat(2_001)])('of no words, or too many, is refused', async (text) => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    const { errors } = await ask(
      served,
      key,
      'mutation($text: String!, $id: ID!) { commentOnAnomaly(input: {id: $id, text: $text}) { anomaly { id } } }',
      { text, id },
    )
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['text'] }] } }])
  })
})

describe('a snooze', () => {
  test("until a date is one until that day begins in the tenant's zone", async () => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    const { anomaly } = await act(key, 'snoozeAnomaly', `id: "${id}", until: "2091-02-01"`)
    expect(anomaly).toMatchObject({ snoozedUntil: '2091-01-31T23:00:00.000Z', snoozedUntilItGrows: false })
    const second = await act(key, 'snoozeAnomaly', `id: "${id}", untilItGrows: true`)
    expect(second.anomaly).toMatchObject({ snoozedUntil: null, snoozedUntilItGrows: true })
    const third = await act(key, 'unsnoozeAnomaly', `id: "${id}"`)
    expect(third.anomaly).toMatchObject({ snoozedUntil: null, snoozedUntilItGrows: false })
  })

  test('is refused with both ways of ending it, and in the past', async () => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    for (const when of ['until: "2091-02-01", untilItGrows: true', 'until: "2001-02-01"', ''])
      expect(
        await codeOf(
          served,
          key,
          `mutation { snoozeAnomaly(input: {id: "${id}" ${when}}) { anomaly { id } } }`,
        ),
      ).toBe('BAD_USER_INPUT')
  })
})

describe('undoAct', () => {
  test('undoes what the payload of an act names, and tells of it', async () => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    const { activity } = await act(key, 'resolveAnomaly', `id: "${id}", note: "Done."`)
    const undone = await act(key, 'undoAct', `activityId: "${activity?.id}"`)
    expect(undone).toMatchObject({
      anomaly: { status: 'OPEN', note: null },
      activity: { kind: 'ANOMALY_ACT_UNDONE' },
    })
    expect(await act(key, 'undoAct', `activityId: "${activity?.id}"`)).toEqual(undone)
  })

  test('is a conflict after an act of somebody else', async () => {
    const { tenant, key } = await member()
    const id = await raise(database, tenant.id)
    const { activity } = await act(key, 'acknowledgeAnomaly', `id: "${id}"`)
    await act(tenant.key, 'resolveAnomaly', `id: "${id}"`)
    expect(
      await codeOf(
        served,
        key,
        `mutation { undoAct(input: {activityId: "${activity?.id}"}) { anomaly { id } } }`,
      ),
    ).toBe('CONFLICT')
  })
})

describe('updateAnomalies', () => {
  const UPDATE = `mutation($input: UpdateAnomaliesInput!) { updateAnomalies(input: $input) {
    anomalies { id status note } activities { id anomaly { id } } problems { id code message }
  } }`

  test('does with each what can be done, and names the others', async () => {
    const { tenant, key } = await member()
    const open = await raise(database, tenant.id)
    const marked = await raise(database, tenant.id, { status: 'FALSE_POSITIVE' })
    const resolved = await raise(database, tenant.id, { status: 'RESOLVED' })
    const stranger = await raise(database, (await makeTenant(database)).id)
    const ids = [open, stranger, marked, resolved, open]
    const input = { ids, act: 'RESOLVE', note: 'All done.' }
    const { updateAnomalies } = await data(served, key, UPDATE, { input })
    expect(updateAnomalies).toMatchObject({
      anomalies: [
        { id: open, status: 'RESOLVED', note: 'All done.' },
        { id: resolved, status: 'RESOLVED', note: 'All done.' },
      ],
      activities: [{ anomaly: { id: open } }, { anomaly: { id: resolved } }],
      problems: [
        { id: stranger, code: 'NOT_FOUND' },
        { id: marked, code: 'CONFLICT' },
      ],
    })
  })

  test.each([
    ['ACKNOWLEDGE', 'ACKNOWLEDGED'],
    ['REOPEN', 'OPEN'],
    ['MARK_FALSE_POSITIVE', 'FALSE_POSITIVE'],
  ])('can %s', async (name, status) => {
    const { tenant, key } = await member()
    const ids = [await raise(database, tenant.id)]
    const { updateAnomalies } = await data(served, key, UPDATE, { input: { ids, act: name } })
    expect(updateAnomalies).toMatchObject({ anomalies: [{ status }] })
  })

  test('takes 200 and no more', async () => {
    const { key } = await member()
    const ids = Array.from({ length: 200 }, (_, n) => `anm_${n}`)
    const { updateAnomalies } = await data(served, key, UPDATE, { input: { ids, act: 'RESOLVE' } })
    expect(updateAnomalies).toMatchObject({ anomalies: [], problems: { length: 200 } })
    const input = { ids: [...ids, 'anm_200'], act: 'RESOLVE' }
    expect(await codeOf(served, key, UPDATE, { input })).toBe('BAD_USER_INPUT')
  }, 60_000)
})

test('anomalyFeed tells of the raised and the changed in one order, from a cursor on', async () => {
  const { tenant, key } = await member()
  const first = await raise(database, tenant.id)
  const after = await resumeCursor(served, key)
  await act(key, 'commentOnAnomaly', `id: "${first}", text: "Hm."`)
  const second = await raise(database, tenant.id)
  await act(key, 'acknowledgeAnomaly', `id: "${second}"`)
  const heard = listen(
    connect(served, key),
    'subscription($after: String) { anomalyFeed(after: $after) { cursor kind anomaly { id status } } }',
    { after },
  )
  const told = () => heard.received.map(({ anomalyFeed }) => anomalyFeed as Json)
  await vi.waitFor(() => expect(told().length).toBeGreaterThanOrEqual(3), SOON)
  expect(told()).toMatchObject([
    { kind: 'ANOMALY_COMMENTED', anomaly: { id: first } },
    { kind: 'ANOMALY_RAISED', anomaly: { id: second } },
    { kind: 'ANOMALY_ACKNOWLEDGED', anomaly: { id: second, status: 'ACKNOWLEDGED' } },
  ])
})
