import { describe, expect, test } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, dispute, fraudWarning } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { judge, kinds, ofKind } from './judge.ts'

const DAY = 86_400
const told = (type: string, fields: Json = {}, created = START, previous?: Json) =>
  event(`charge.dispute.${type}`, dispute({ id: 'dp_1', ...fields }), {
    created,
    ...(previous === undefined ? {} : { previous }),
  })
const success = event(
  'charge.succeeded',
  charge({ id: 'ch_1', customer: 'cus_7', amount: 4200, currency: 'eur' }),
)

describe('a dispute', () => {
  test('is told once when it opens, with the customer of the charge that was seen', () => {
    const facts = judge(success, told('created'), told('funds_withdrawn'), told('updated'), told('created'))
    expect(ofKind(facts, 'disputeOpened')).toStrictEqual([
      {
        kind: 'disputeOpened',
        at: START,
        eventId: expect.any(String),
        customer: 'cus_7',
        dispute: 'dp_1',
        charge: 'ch_1',
        amount: 2900,
        currency: 'usd',
        reason: 'fraudulent',
        inquiry: false,
      },
    ])
  })

  test('is known by the withdrawal of its money when its creation is lost', () => {
    expect(kinds(judge(told('funds_withdrawn')))).toEqual(['disputeOpened'])
  })

  test('of long ago is no dispute of today when something happens to it', () => {
    expect(judge(told('updated', { status: 'under_review' }, START + 2 * DAY))).toEqual([])
    expect(kinds(judge(told('closed', { status: 'lost' }, START + 60 * DAY)))).toEqual(['disputeClosed'])
  })

  test('that was an inquiry is told again when it becomes one', () => {
    const inquiry = told('created', { status: 'warning_needs_response' })
    const became = told('updated', { status: 'needs_response' }, START + 9 * DAY)
    const facts = ofKind(judge(inquiry, inquiry, became, became), 'disputeOpened')
    expect(facts.map((fact) => [fact.inquiry, fact.at])).toEqual([
      [true, START],
      [false, START + 9 * DAY],
    ])
    const previous = { status: 'warning_needs_response' }
    const only = ofKind(
      judge(told('updated', { status: 'needs_response' }, START + 9 * DAY, previous)),
      'disputeOpened',
    )
    expect(only.map((fact) => fact.inquiry)).toEqual([false])
  })

  test.each([
    ['won', { won: true, lost: false }],
    ['lost', { won: false, lost: true }],
    ['warning_closed', { won: false, lost: false }],
  ])('closes once, as %s', (status, outcome) => {
    const closed = told('closed', { status }, START + 30 * DAY)
    const facts = ofKind(judge(told('created'), closed, closed), 'disputeClosed')
    expect(facts).toMatchObject([outcome])
  })

  test('with a status of tomorrow is a dispute all the same', () => {
    expect(kinds(judge(told('created', { status: 'appeal_needs_response' })))).toEqual(['disputeOpened'])
  })

  test.each<[string, Json]>([
    ['no id', { id: null }],
    ['an amount as text', { amount: '2900' }],
    ['no currency', { currency: undefined }],
    ['a number as status', { status: 4 }],
  ])('is not told with %s', (_, fields) => {
    expect(judge(told('created', fields))).toEqual([])
  })

  test('without a charge is still a dispute', () => {
    expect(judge(told('created', { charge: null }))[0]).not.toHaveProperty('charge')
  })
})

describe('an early fraud warning', () => {
  const warning = (type: string, fields: Json = {}, created = START) =>
    event(`radar.early_fraud_warning.${type}`, fraudWarning({ id: 'issfr_1', ...fields }), { created })

  test('is told once, with the money and the customer of its charge', () => {
    const facts = judge(success, warning('created'), warning('updated'), warning('created'))
    expect(ofKind(facts, 'fraudWarning')).toStrictEqual([
      {
        kind: 'fraudWarning',
        at: START,
        eventId: expect.any(String),
        customer: 'cus_7',
        warning: 'issfr_1',
        charge: 'ch_1',
        fraudType: 'made_with_stolen_card',
        amount: 4200,
        currency: 'eur',
      },
    ])
  })

  test('reads an expanded charge, and goes without money where no charge was seen', () => {
    const expanded = { charge: charge({ id: 'ch_2', customer: 'cus_2', amount: 100 }) }
    expect(judge(warning('created', expanded))).toMatchObject([
      { charge: 'ch_2', customer: 'cus_2', amount: 100, currency: 'usd' },
    ])
    const bare = judge(warning('created'))[0]
    expect(bare).not.toHaveProperty('amount')
    expect(bare).not.toHaveProperty('currency')
  })

  test('of long ago is no warning of today when it is updated', () => {
    expect(judge(warning('updated', {}, START + 3 * DAY))).toEqual([])
    expect(judge(warning('updated', {}, START + 60))).toHaveLength(1)
  })

  test('without its charge says nothing', () => {
    expect(judge(warning('created', { charge: null }))).toEqual([])
  })
})
