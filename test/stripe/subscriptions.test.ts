import { describe, expect, test } from 'vitest'
import { type Json, MONTH, START } from '../support/stripe/basics.ts'
import { event } from '../support/stripe/events.ts'
import { item, subscription } from '../support/stripe/subscriptions.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { createLedger, judge, judgeWith, ofKind } from './judge.ts'

interface Told {
  fields?: Parameters<typeof subscription>[0]
  version?: Version
  created?: number
  previous?: Json
  request?: unknown
}
const told = (
  type: string,
  { fields = {}, version = '2025-09-30.clover', created = START, previous, request }: Told = {},
) =>
  event(`customer.subscription.${type}`, subscription({ id: 'sub_1', ...fields }, version), {
    version,
    created,
    ...(previous === undefined ? {} : { previous }),
    ...(request === undefined ? {} : { request }),
  })
const changesOf = (...events: Json[]) => ofKind(judge(...events), 'subscriptionChanged')

describe('a subscription', () => {
  test.each(VERSIONS)('says the same of itself in version %s', (version) => {
    const made = event('customer.subscription.created', subscription({ id: 'sub_1' }, version), {
      id: 'evt_1',
      version,
    })
    expect(judge(made)).toStrictEqual([
      {
        kind: 'subscriptionChanged',
        at: START,
        eventId: 'evt_1',
        customer: 'cus_1',
        subscription: 'sub_1',
        status: 'active',
        currency: 'usd',
        start: START,
        end: START + MONTH,
        anchor: START,
        interval: 'month',
        count: 1,
        price: 2900,
        monthly: 2900,
        seats: 1,
        paused: false,
        cancelAtEnd: false,
        sendInvoice: false,
        created: START,
        isNew: true,
        rolled: false,
        reanchored: false,
        scheduled: false,
      },
    ])
  })

  test('tells pause, cancelling, invoices sent and trial', () => {
    const changed = (fields: Json) => changesOf(told('created', { fields }))[0]
    expect(changed({ pause_collection: { behavior: 'void', resumes_at: START + 9 } })).toMatchObject({
      paused: true,
      pausedUntil: START + 9,
      status: 'active',
    })
    expect(changed({ cancel_at_period_end: true })?.cancelAtEnd).toBe(true)
    expect(changed({ cancel_at: START + MONTH })).toMatchObject({
      cancelAtEnd: true,
      cancelAt: START + MONTH,
    })
    expect(changed({ cancel_at: START + MONTH + 1 })).toMatchObject({
      cancelAtEnd: false,
      cancelAt: START + MONTH + 1,
    })
    expect(changed({ collection_method: 'send_invoice', days_until_due: 14 })).toMatchObject({
      sendInvoice: true,
      daysUntilDue: 14,
    })
    expect(changed({ status: 'trialing', trial_end: START + 5 })).toMatchObject({
      status: 'trialing',
      trialEnd: START + 5,
    })
  })

  test('ends once', () => {
    const ended = told('deleted', { fields: { status: 'canceled' } })
    const facts = judge(ended, ended)
    expect(facts).toMatchObject([{ kind: 'subscriptionEnded', subscription: 'sub_1', status: 'canceled' }])
    expect(facts).toHaveLength(1)
  })

  test.each<[string, Json]>([
    ['no id', { id: null }],
    ['a number as status', { status: 3 }],
    ['another kind of object', { object: 'subscription_schedule' }],
  ])('is not told with %s', (_, fields) => {
    expect(judge(told('updated', { fields }))).toEqual([])
  })
})

describe('a change of a subscription', () => {
  test.each(VERSIONS)('of seats and price tells what was before, in version %s', (version) => {
    const previous = { items: { data: [item({ unit: 1000, quantity: 300 }, version)] } }
    const fields = { items: [{ unit: 1000, quantity: 8 }] }
    expect(changesOf(told('updated', { fields, version, previous }))[0]).toMatchObject({
      monthly: 8000,
      seats: 8,
      before: { monthly: 300_000, seats: 300, price: 300_000 },
      rolled: false,
    })
  })

  test('is read from the single quantity and plan that old versions tell', () => {
    const changed = (previous: Json, fields: Told['fields'] = { items: [{ unit: 1000, quantity: 2 }] }) =>
      changesOf(told('updated', { version: '2020-03-02', fields, previous }))[0]?.before
    expect(changed({ quantity: 5 })).toEqual({ monthly: 5000, seats: 5, price: 5000 })
    expect(changed({ plan: { id: 'plan_0', amount: 12000, interval: 'year' } })).toEqual({
      monthly: 2000,
      seats: 2,
      price: 24000,
    })
    expect(changed({ plan: { amount: 3000 }, quantity: 1 })).toEqual({ monthly: 3000, seats: 1, price: 3000 })
    expect(changed({ quantity: 5 }, { items: [{}, {}] })).toBeUndefined()
    expect(changed({ plan: null, quantity: null })).toBeUndefined()
  })

  test('that leaves price and seats as they are has no before', () => {
    const previous = { items: { data: [item({ unit: 2900 })] }, metadata: { note: 'x' } }
    expect(changesOf(told('updated', { previous }))[0]).not.toHaveProperty('before')
  })

  test.each(VERSIONS)('rolls the period on in version %s', (version) => {
    const previous =
      version < '2025-03-31'
        ? { current_period_end: START, current_period_start: START - MONTH }
        : { items: { data: [item({ start: START - MONTH, end: START }, version)] } }
    expect(changesOf(told('updated', { version, previous }))[0]).toMatchObject({
      rolled: true,
      previousEnd: START,
      end: START + MONTH,
      reanchored: false,
    })
  })

  test('of anchor or trial is re-anchoring', () => {
    expect(changesOf(told('updated', { previous: { billing_cycle_anchor: 5 } }))[0]?.reanchored).toBe(true)
    expect(changesOf(told('updated', { previous: { trial_end: 5 } }))[0]?.reanchored).toBe(true)
    expect(changesOf(told('updated', { previous: { billing_cycle_anchor: START } }))[0]?.reanchored).toBe(
      false,
    )
  })

  test('of the status tells the one before', () => {
    expect(
      changesOf(told('updated', { fields: { status: 'past_due' }, previous: { status: 'active' } }))[0],
    ).toMatchObject({ status: 'past_due', previousStatus: 'active' })
  })

  test('is a schedule’s when there is one and nobody asked', () => {
    const scheduled = (schedule: unknown, request: unknown) =>
      changesOf(told('updated', { fields: { schedule }, request }))[0]?.scheduled
    expect(scheduled('sub_sched_1', { id: null, idempotency_key: null })).toBe(true)
    const expanded = { id: 'sub_sched_1', object: 'subscription_schedule' }
    expect(scheduled(expanded, { id: null, idempotency_key: null })).toBe(true)
    expect(scheduled('sub_sched_1', { id: 'req_1', idempotency_key: null })).toBe(false)
    expect(scheduled(null, { id: null, idempotency_key: null })).toBe(false)
  })

  test('is told once though two events tell of it', () => {
    const change = () => told('updated', { fields: { status: 'past_due' }, previous: { status: 'active' } })
    expect(changesOf(change(), change())).toHaveLength(1)
  })

  test('is not told by a snapshot that shows nothing new', () => {
    expect(
      changesOf(
        told('created'),
        told('trial_will_end', { created: START + 5 }),
        told('updated', { created: START + 9, previous: { metadata: {} } }),
      ),
    ).toHaveLength(1)
  })
})

describe('a snapshot that comes after a newer one', () => {
  const pastDue = told('updated', {
    created: START + 100,
    fields: { status: 'past_due' },
    previous: { status: 'active' },
  })

  test('is not told when it changed nothing', () => {
    expect(changesOf(pastDue, told('updated', { created: START + 50 }))).toHaveLength(1)
  })

  test('is told as late when it is new or did change something', () => {
    const previous = { items: { data: [item({ unit: 9000 })] } }
    const late = changesOf(pastDue, told('created'), told('updated', { created: START + 50, previous }))
    expect(late.map((fact) => [fact.at - START, fact.isNew, fact.late ?? false])).toEqual([
      [100, false, false],
      [0, true, true],
      [50, false, true],
    ])
    expect(late[2]?.before?.monthly).toBe(9000)
  })

  test('does not take the place of the newer one', () => {
    const facts = changesOf(pastDue, told('created'), told('updated', { created: START + 80 }))
    expect(facts.filter((fact) => fact.late !== true)).toHaveLength(1)
  })

  test('of the same second is put in its place by what changed', () => {
    const incomplete = told('created', { fields: { status: 'incomplete' } })
    const active = told('updated', { previous: { status: 'incomplete' } })
    const unpaid = told('updated', { fields: { status: 'past_due' }, previous: { status: 'active' } })
    const lateOnes = (...events: Json[]) =>
      changesOf(...events)
        .filter((fact) => fact.late)
        .map((fact) => fact.status)
    expect(lateOnes(incomplete, active, unpaid)).toEqual([])
    expect(lateOnes(active, incomplete)).toEqual(['incomplete'])
    expect(lateOnes(unpaid, active)).toEqual(['active'])
  })

  test('is late after the end, whatever its time', () => {
    const ended = told('deleted', { fields: { status: 'canceled' } })
    const change = told('updated', {
      created: START + 5,
      fields: { status: 'past_due' },
      previous: { status: 'active' },
    })
    expect(changesOf(ended, change).map((fact) => fact.late)).toEqual([true])
  })

  test('keeps a bounded record of changes', () => {
    const ledger = createLedger()
    const events = Array.from({ length: 500 }, (_, index) =>
      told('updated', {
        created: START + index,
        fields: { status: index % 2 ? 'active' : 'past_due' },
        previous: { status: index % 2 ? 'past_due' : 'active' },
      }),
    )
    expect(judgeWith(ledger, events)).toHaveLength(500)
    expect(ledger.stored.get('sub_1')?.length).toBeLessThan(500)
  })
})
