import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { summarize } from '../../src/stripe/event.ts'
import type { Fact, FactKind } from '../../src/stripe/facts.ts'
import { LISTENED_TYPES } from '../../src/stripe/reading.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge, dispute, fraudWarning, refund } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { creditNote, invoice, invoicePayment, line } from '../support/stripe/invoices.ts'
import { paymentIntent, setupIntent } from '../support/stripe/payments.ts'
import { item, subscription } from '../support/stripe/subscriptions.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { createLedger, envelope, judge, judgeWith, kinds } from './judge.ts'

interface Case {
  type: string
  version: Version
  object: Json
  previous?: Json
}

const chargeOf = (type: string, version: Version): Json => {
  const fields = { id: 'ch_1', payment_intent: 'pi_1', description: 'Subscription creation' }
  if (type === 'charge.failed') return charge({ ...fields, status: 'failed' }, version)
  if (type === 'charge.pending') return charge({ ...fields, status: 'pending', paid: false }, version)
  if (type !== 'charge.refunded') return charge(fields, version)
  return charge({ ...fields, amount_refunded: 1000, refunds: [refund({ id: 're_1' })] }, version)
}

const STATUS: Readonly<Record<string, string>> = {
  'invoice.created': 'draft',
  'invoice.finalization_failed': 'draft',
  'invoice.finalized': 'open',
  'invoice.payment_failed': 'open',
  'invoice.voided': 'void',
  'invoice.marked_uncollectible': 'uncollectible',
}

const caseOf = (type: string, version: Version): Case => {
  const told = (object: Json, previous?: Json): Case =>
    previous === undefined ? { type, version, object } : { type, version, object, previous }
  if (type.startsWith('charge.dispute.')) return told(dispute({ id: 'dp_1' }))
  if (type === 'charge.refund.updated' || type === 'refund.created') return told(refund({ id: 're_1' }))
  if (type === 'refund.updated') return told(refund({ id: 're_1' }))
  if (type === 'refund.failed') return told(refund({ id: 're_1', status: 'failed' }))
  if (type.startsWith('charge.')) return told(chargeOf(type, version))
  if (type.startsWith('radar.'))
    return told(fraudWarning({ id: 'issfr_1', charge: charge({ id: 'ch_1' }, version) }))
  if (type.startsWith('payment_intent.')) return told(paymentIntent({ id: 'pi_1', invoice: null }, version))
  if (type.startsWith('setup_intent.')) return told(setupIntent({ id: 'seti_1' }))
  if (type.startsWith('invoice_payment.')) return told(invoicePayment({ id: 'inpay_1' }))
  if (type.startsWith('credit_note.')) return told(creditNote({ id: 'cn_1' }))
  if (type.startsWith('invoice.')) {
    const lines = [line({ proration: true, amount: -5 }, version), line({}, version)]
    return told(invoice({ id: 'in_1', status: STATUS[type] ?? 'paid', lines }, version))
  }
  if (!type.startsWith('customer.subscription.')) return told({ id: 'x_1', object: type.split('.')[0] })
  const previous = {
    items: { data: [item({ unit: 9000, quantity: 3 }, version)] },
    status: 'trialing',
    trial_end: 5,
  }
  const items = [{ quantity: 2 }, { unit: 4, usage: 'metered' as const }, { unit: 300, count: 3 }]
  return told(
    subscription({ id: 'sub_1', items, status: type.endsWith('.deleted') ? 'canceled' : 'active' }, version),
    type.endsWith('.updated') ? previous : undefined,
  )
}

const CASES = [...LISTENED_TYPES, 'invoice.created', 'invoice.updated', 'credit_note.created'].flatMap(
  (type) => VERSIONS.map((version) => caseOf(type, version)),
)

const eventOf = ({ type, version, object, previous }: Case): Json =>
  event(type, object, {
    id: 'evt_1',
    version,
    request: { id: 'req_1', idempotency_key: 'key_1' },
    ...(previous === undefined ? {} : { previous }),
  })

const SEEN = ['invoiceCreated', 'invoiceFinalized'] as const
const TOLD: Readonly<Record<string, readonly FactKind[]>> = {
  'charge.succeeded': ['chargeSucceeded', 'chargeCaptured'],
  'charge.failed': ['chargeFailed'],
  'charge.pending': ['chargePending'],
  'charge.captured': ['chargeCaptured'],
  'charge.refunded': ['refunded'],
  'charge.refund.updated': ['refunded'],
  'charge.dispute.closed': ['disputeClosed'],
  'refund.created': ['refunded'],
  'refund.updated': ['refunded'],
  'payment_intent.payment_failed': ['paymentRefused'],
  'setup_intent.setup_failed': ['paymentRefused'],
  'invoice.created': ['invoiceCreated'],
  'invoice.finalized': SEEN,
  'invoice.finalization_failed': ['invoiceCreated', 'invoiceFailed'],
  'invoice.payment_failed': [...SEEN, 'invoiceFailed'],
  'invoice.voided': [...SEEN, 'invoiceDropped'],
  'invoice.marked_uncollectible': [...SEEN, 'invoiceDropped'],
  'invoice.paid': [...SEEN, 'invoicePaid'],
  'invoice.updated': [...SEEN, 'invoicePaid'],
  'credit_note.created': ['credited'],
  'customer.subscription.deleted': ['subscriptionEnded'],
}
const TOLD_OF_ALL: readonly (readonly [string, readonly FactKind[]])[] = [
  ['charge.dispute.', ['disputeOpened']],
  ['radar.', ['fraudWarning']],
  ['customer.subscription.', ['subscriptionChanged']],
]

const toldBy = (type: string): readonly FactKind[] =>
  TOLD[type] ?? TOLD_OF_ALL.find(([prefix]) => type.startsWith(prefix))?.[1] ?? []

describe('every type that is listened to', () => {
  test.each(CASES.map((one) => [one.type, one.version, one] as const))(
    '%s of %s is read without a loss',
    (type, _, one) => expect(kinds(judge(eventOf(one)))).toEqual(toldBy(type)),
  )
})

type Path = readonly (string | number)[]

const pathsOf = (value: unknown, path: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, field]) => pathsOf(field, [...path, key]))]
}

const replaceAt = (value: unknown, [key, ...rest]: Path, put: (old: unknown) => unknown): unknown => {
  if (key === undefined) return put(value)
  if (Array.isArray(value)) {
    return value.map((entry, index) => (index === Number(key) ? replaceAt(entry, rest, put) : entry))
  }
  const holder = value as Json
  return { ...holder, [key]: replaceAt(holder[key], rest, put) }
}

const WRONG: readonly unknown[] = [null, 'odd', '', 0.5, 2 ** 60, {}, [], { id: 7 }, [[]], true, false]

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * A value of another type than the one that stands there; a broken or huge number counts as one. Null may rightly be
 * anything, and an expanded object its id.
 */
const wrongFor = (old: unknown, choice: number): unknown => {
  if (old === null) return null
  const candidates = WRONG.filter((wrong) => {
    if (typeof old === 'number' && typeof wrong === 'number') return true
    return kindOf(wrong) !== kindOf(old) && !(kindOf(old) === 'object' && typeof wrong === 'string')
  })
  return candidates[choice % candidates.length]
}

/** Flags cannot be absent; the payer may fall back to the card. */
const MAY_DIFFER = new Set([
  'payer',
  'recurring',
  'prorated',
  'paused',
  'cancelAtEnd',
  'sendInvoice',
  'rolled',
  'reanchored',
  'scheduled',
  'blocked',
  'invalid',
  'outOfBand',
  'won',
  'lost',
  'inquiry',
  'payments',
  'isNew',
  'uncollectible',
  'previousEnd',
])

const expectNoneWrong = (facts: readonly Fact[], truth: readonly Fact[]): void => {
  for (const fact of facts) {
    const honest = truth.find((one) => one.kind === fact.kind)
    expect(honest, `a ${fact.kind} that never was`).toBeDefined()
    const expected = new Map(Object.entries(honest ?? {}))
    for (const [name, value] of Object.entries(fact)) {
      if (name === 'before') expect(expected.get(name)).toMatchObject(value)
      else if (!MAY_DIFFER.has(name)) expect(value, `${fact.kind}.${name}`).toEqual(expected.get(name))
    }
  }
}

/** An event of the same case with one field of its object or of its previous attributes replaced. */
const broken = fc
  .record({ one: fc.constantFrom(...CASES), place: fc.nat(), choice: fc.nat() })
  .map(({ one, place, choice }) => {
    const inPrevious = one.previous !== undefined && place % 3 === 0
    const target = inPrevious ? one.previous : one.object
    const paths = pathsOf(target).slice(1)
    const path = paths[place % paths.length] ?? []
    const mutated = replaceAt(target, path, (old) => wrongFor(old, choice)) as Json
    return {
      one,
      path,
      event: eventOf(inPrevious ? { ...one, previous: mutated } : { ...one, object: mutated }),
    }
  })

describe('a field of the wrong type', () => {
  test('makes facts absent, never wrong', () => {
    fc.assert(
      fc.property(broken, ({ one, event }) => {
        summarize(envelope(event))
        expectNoneWrong(judge(event), judge(eventOf(one)))
      }),
      { numRuns: 2_000 },
    )
  })

  test('is survived in any number of places, with records of any shape before it', () => {
    const record = fc.dictionary(
      fc.constantFrom(
        'refunds',
        'changes',
        'attempts',
        'payments',
        'refused',
        'at',
        'captured',
        'told',
        'amount',
        'customer',
        'ended',
        'x',
      ),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...CASES),
        fc.array(fc.tuple(fc.nat(), fc.jsonValue()), { maxLength: 6 }),
        record,
        (one, changes, before) => {
          const object = changes.reduce<Json>((current, [place, value]) => {
            const paths = pathsOf(current).slice(1)
            return replaceAt(current, paths[place % paths.length] ?? [], () => value) as Json
          }, one.object)
          const ledger = createLedger()
          for (const id of ['ch_1', 'dp_1', 're_1', 'in_1', 'pi_1', 'sub_1', 'issfr_1'])
            ledger.stored.set(id, JSON.stringify(before))
          judgeWith(ledger, [eventOf({ ...one, object })])
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
