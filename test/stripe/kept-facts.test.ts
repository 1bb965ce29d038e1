import { describe, expect, it } from 'vitest'
import { simulate } from '../../src/simulator/simulate.ts'
import { USUAL_START } from '../../src/simulator/write.ts'
import { readEvent } from '../../src/stripe/event.ts'
import type { Fact } from '../../src/stripe/facts.ts'
import { readFacts, writeFacts } from '../../src/stripe/kept-facts.ts'
import { readBilling } from '../../src/stripe/reading.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, dispute, fraudWarning, refund } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { invoice } from '../support/stripe/invoices.ts'
import { setupIntent } from '../support/stripe/payments.ts'
import { subscription } from '../support/stripe/subscriptions.ts'
import { createLedger, judge } from './judge.ts'

/** What is kept of an event's facts, read again. */
const again = (facts: readonly Fact[]): Fact[] | undefined => {
  const [first] = facts
  const text = writeFacts(facts)
  return first === undefined || text === null ? undefined : readFacts(text, first)
}
const withoutDelivery = (facts: readonly Fact[]) => facts.filter(({ kind }) => kind !== 'delivered')

describe('kept facts', () => {
  it.each<[string, Json]>([
    ['a payment', event('charge.succeeded', charge({ metadata: { orderId: 'A-7', seat: '12' } }))],
    ['a debit that is sent off', event('charge.pending', charge({ status: 'pending' }))],
    ['a failed payment', event('charge.failed', charge({ status: 'failed' }))],
    ['a card that is only saved', event('setup_intent.setup_failed', setupIntent())],
    ['a refund', event('charge.refunded', charge({ amount_refunded: 500 }))],
    ['a refund of a guest', event('charge.refunded', charge({ customer: null, amount_refunded: 500 }))],
    ['a refund of its own', event('refund.created', refund())],
    ['a dispute', event('charge.dispute.created', dispute())],
    ['the end of one', event('charge.dispute.closed', dispute({ status: 'lost' }))],
    ['a warning', event('radar.early_fraud_warning.created', fraudWarning())],
    ['an invoice below zero', event('invoice.finalized', invoice({ total: -1_500, status: 'open' }))],
    ['a paid invoice', event('invoice.paid', invoice({ status: 'paid' }))],
    ['one that fails', event('invoice.payment_failed', invoice({ status: 'open', attempt_count: 2 }))],
    ['one that is given up', event('invoice.marked_uncollectible', invoice({ status: 'uncollectible' }))],
    [
      'a credit note',
      event('credit_note.created', { id: 'cn_1', object: 'credit_note', amount: 5, currency: 'usd' }),
    ],
    ['a subscription', event('customer.subscription.created', subscription({ id: 'sub_1' }))],
    ['the end of one', event('customer.subscription.deleted', subscription({ id: 'sub_1' }))],
  ])('of %s come back as they were', (_, one) => {
    const facts = judge(one)
    expect(facts.length).toBeGreaterThan(0)
    expect(again(facts)).toEqual(facts)
  })

  it('come back as they were from weeks of trade, in few bytes', () => {
    const { events } = simulate({ seed: 'kept facts', days: 20, start: USUAL_START, incidents: 'on' })
    const ledger = createLedger()
    let [bytes, withFacts] = [0, 0]
    for (const arrival of events) {
      const envelope = readEvent(arrival.event)
      if (envelope === undefined) throw new Error('no event')
      const reading = readBilling(envelope)
      const facts = reading.apply(ledger.open(reading.objects))
      const text = writeFacts(facts)
      if (text === null) continue
      expect(again(facts)).toEqual(withoutDelivery(facts))
      bytes += text.length
      withFacts += 1
    }
    expect(withFacts).toBeGreaterThan(500)
    expect(bytes / withFacts).toBeLessThan(250)
  })

  it('are none of an event that says nothing', () => {
    expect(writeFacts([])).toBeNull()
    expect(
      writeFacts([{ kind: 'delivered', at: START, eventId: 'evt_1', type: 'product.updated', lag: 1 }]),
    ).toBeNull()
  })

  it('hold nobody’s words: what may be a sentence, a name or an address is a mark', () => {
    const facts = judge(
      event(
        'charge.failed',
        charge({
          status: 'failed',
          description: 'Cake for Ann Smith',
          metadata: {
            order: 'Smith',
            reference: 'ann@example.com',
            address: 'High Street 7',
            order_id: 'Ann Smith',
          },
          failure_code: 'card declined for Ann',
          outcome: { reason: 'call Ann Smith', type: 'issuer_declined' },
        }),
      ),
    )
    expect(writeFacts(facts)).not.toMatch(/Ann|Smith|example|Street/i)
  })

  it.each([
    ['no JSON', '{'],
    ['no list', '{"a":1}'],
    ['a kind that is not known', '[{},[99]]'],
    ['a field that is not known', '[{"zz":1},[0]]'],
    ['a field of another type', '[{"ch":1,"a":2,"c":"usd","cp":2},[0]]'],
    ['a field too few', '[{"ch":"ch_1","a":2,"cp":2},[0]]'],
  ])('are not read from %s', (_, text) => {
    expect(readFacts(text, { at: START, eventId: 'evt_1' })).toBeUndefined()
  })
})
