import type { Seconds } from '../time.ts'
import { parseJson } from './event.ts'
import type { Fact, FactKind, FactOf } from './facts.ts'
import { mark } from './mark.ts'
import { isFields } from './read.ts'

/** Grows with the text's layout; text of another version is not read. */
export const FACTS_VERSION = 1

/** Stands in place of the version once the text was let go of. */
export const NO_FACTS = 0

type FieldsOf<F> = F extends unknown ? Exclude<keyof F, 'kind' | 'at' | 'eventId'> : never
/** That a delivery came, and when, stands in the event's own columns. */
type Kept = Exclude<Fact, { kind: 'delivered' }>
type KeptKind = Kept['kind']
type Field = FieldsOf<Kept>
type Shape = 'number' | 'text' | 'flag' | 'texts' | 'numbers by name'

/** Every field of a fact: its short name in the text, and what it holds. A short name is never given to another field. */
const FIELDS = {
  adviceCode: ['ac', 'text'],
  amount: ['a', 'number'],
  amountDue: ['ad', 'number'],
  amountPaid: ['ap', 'number'],
  amountRemaining: ['ar', 'number'],
  anchor: ['an', 'number'],
  attempt: ['at', 'number'],
  before: ['be', 'numbers by name'],
  begun: ['bg', 'number'],
  blocked: ['bl', 'flag'],
  cancelAt: ['ca', 'number'],
  cancelAtEnd: ['ce', 'flag'],
  captured: ['cp', 'number'],
  card: ['cd', 'text'],
  cardCountry: ['cc', 'text'],
  charge: ['ch', 'text'],
  chargeAmount: ['cm', 'number'],
  code: ['co', 'text'],
  count: ['cn', 'number'],
  created: ['cr', 'number'],
  creditNote: ['ct', 'text'],
  currency: ['c', 'text'],
  customer: ['cu', 'text'],
  daysUntilDue: ['dd', 'number'],
  descriptionMark: ['dm', 'text'],
  dispute: ['di', 'text'],
  dueDate: ['du', 'number'],
  end: ['e', 'number'],
  fraudType: ['ft', 'text'],
  funding: ['fu', 'text'],
  id: ['id', 'text'],
  inquiry: ['iq', 'flag'],
  intent: ['i', 'text'],
  interval: ['iv', 'text'],
  invalid: ['il', 'flag'],
  invoice: ['in', 'text'],
  isNew: ['nw', 'flag'],
  late: ['lt', 'flag'],
  lost: ['lo', 'flag'],
  method: ['m', 'text'],
  monthly: ['mo', 'number'],
  nextAttempt: ['na', 'number'],
  order: ['o', 'text'],
  outOfBand: ['ob', 'flag'],
  paused: ['pa', 'flag'],
  pausedUntil: ['pu', 'number'],
  payer: ['py', 'text'],
  payments: ['ps', 'texts'],
  previousEnd: ['pe', 'number'],
  previousStatus: ['pt', 'text'],
  price: ['pr', 'number'],
  prorated: ['po', 'flag'],
  prorations: ['pn', 'number'],
  reanchored: ['ra', 'flag'],
  reason: ['re', 'text'],
  recurring: ['rc', 'flag'],
  references: ['rf', 'texts'],
  refund: ['rd', 'text'],
  reversed: ['rv', 'number'],
  risk: ['rk', 'text'],
  rolled: ['ro', 'flag'],
  scheduled: ['sc', 'flag'],
  seats: ['se', 'number'],
  sendInvoice: ['si', 'flag'],
  setup: ['su', 'flag'],
  start: ['s', 'number'],
  status: ['st', 'text'],
  subscription: ['sb', 'text'],
  total: ['t', 'number'],
  trialEnd: ['te', 'number'],
  uncollectible: ['uc', 'flag'],
  warning: ['wa', 'text'],
  won: ['wo', 'flag'],
} as const satisfies Record<Field, readonly [short: string, shape: Shape]>

const LONG: ReadonlyMap<string, { name: string; shape: Shape }> = new Map(
  Object.entries(FIELDS).map(([name, [short, shape]]) => [short, { name, shape }] as const),
)
const shortOf: ReadonlyMap<string, readonly [string, Shape]> = new Map(Object.entries(FIELDS))

/** What a fact of the kind cannot be without; a kind's place in the text is its place here. */
const REQUIRED = {
  chargeSucceeded: ['charge', 'amount', 'currency', 'captured', 'recurring'],
  chargeCaptured: ['charge', 'amount', 'currency', 'recurring'],
  chargeFailed: ['charge', 'amount', 'currency', 'recurring', 'reversed', 'blocked', 'invalid'],
  chargePending: ['charge', 'amount', 'currency', 'recurring'],
  paymentRefused: ['id', 'setup', 'recurring', 'blocked', 'invalid'],
  refunded: ['charge', 'amount', 'currency'],
  disputeOpened: ['dispute', 'amount', 'currency', 'inquiry'],
  disputeClosed: ['dispute', 'won', 'lost'],
  fraudWarning: ['warning', 'charge'],
  invoiceCreated: ['invoice', 'currency', 'total', 'prorated', 'payments', 'sendInvoice'],
  invoiceFinalized: ['invoice', 'currency', 'total', 'prorated', 'payments', 'sendInvoice'],
  invoicePaid: ['invoice', 'currency', 'total', 'prorated', 'payments', 'sendInvoice', 'outOfBand'],
  invoiceFailed: ['invoice', 'currency', 'total', 'prorated', 'payments', 'sendInvoice'],
  invoiceDropped: ['invoice', 'currency', 'total', 'prorated', 'payments', 'sendInvoice', 'uncollectible'],
  credited: ['creditNote', 'amount', 'currency'],
  subscriptionChanged: [
    'subscription',
    'status',
    'paused',
    'cancelAtEnd',
    'sendInvoice',
    'isNew',
    'rolled',
    'reanchored',
    'scheduled',
  ],
  subscriptionEnded: ['subscription', 'status', 'paused', 'cancelAtEnd', 'sendInvoice'],
} as const satisfies { [Kind in KeptKind]: readonly (keyof FactOf<Kind>)[] }

const KINDS = Object.keys(REQUIRED)

/** Facts that say who pays by the customer, else the card: it is not written twice. */
const NAMES_PAYER: ReadonlySet<string> = new Set<FactKind>([
  'chargePending',
  'chargeSucceeded',
  'chargeCaptured',
  'chargeFailed',
  'paymentRefused',
])

type Entries = Record<string, unknown>

/**
 * What an event says of billing, as a short text for keeping: ids, amounts, codes and marks, no name, no address and
 * no free text. What its facts have in common stands once.
 * @returns null when it says nothing
 */
export function writeFacts(facts: readonly Fact[]): string | null {
  const kept = facts.filter((fact): fact is Kept => fact.kind !== 'delivered')
  if (kept.length === 0) return null
  const written = kept.map(entriesOf)
  const [first = {}] = written
  const shared = Object.fromEntries(
    Object.entries(first).filter(([name, value]) => written.every((one) => equal(one[name], value))),
  )
  return JSON.stringify([
    shared,
    ...kept.map((fact, i) => {
      const own = Object.entries(written[i] ?? {}).filter(([name]) => !Object.hasOwn(shared, name))
      const kind = KINDS.indexOf(fact.kind)
      return own.length === 0 ? [kind] : [kind, Object.fromEntries(own)]
    }),
  ])
}

/**
 * @param event the moment that its facts are of, and its id
 * @returns undefined where the text is damaged or of a newer program
 */
export function readFacts(
  text: string,
  { at, eventId }: { at: Seconds; eventId: string },
): Fact[] | undefined {
  const parsed = parseJson(text)
  const [shared, ...written] = Array.isArray(parsed) ? parsed : []
  if (!isFields(shared)) return undefined
  const facts: Fact[] = []
  for (const one of written) {
    if (!Array.isArray(one)) return undefined
    const [place, own = {}] = one
    const kind = typeof place === 'number' ? KINDS[place] : undefined
    const fields = isFields(own) ? longNames({ ...shared, ...own }) : undefined
    if (kind === undefined || fields === undefined) return undefined
    const payer = NAMES_PAYER.has(kind) ? (fields['customer'] ?? fields['card']) : undefined
    const fact = { kind, at, eventId, ...fields, ...(payer !== undefined && { payer }) }
    if (!isKept(fact)) return undefined
    facts.push(fact)
  }
  return facts
}

function entriesOf(fact: Kept): Entries {
  const entries: Entries = {}
  for (const [name, value] of Object.entries(fact)) {
    const field = shortOf.get(name)
    if (field === undefined || value === undefined || value === false) continue
    if (name === 'payer' && NAMES_PAYER.has(fact.kind)) continue
    const [short] = field
    entries[short] = value === true ? 1 : typeof value === 'string' ? codeOf(name, value) : value
  }
  return entries
}

/** A word that Stripe or the merchant's program made. Anything else may be somebody's own words. */
const CODE = /^[\w#./:~+-]{1,255}$/
const HAS_DIGIT = /\d/

const codeOf = (name: string, text: string): string =>
  CODE.test(text) && (name !== 'order' || HAS_DIGIT.test(text)) ? text : `~${mark([text])}`

const equal = (one: unknown, other: unknown): boolean =>
  one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))

function longNames(entries: Entries): Entries | undefined {
  const fields: Entries = {}
  for (const [short, value] of Object.entries(entries)) {
    const field = LONG.get(short)
    if (field === undefined || !fits(value, field.shape)) return undefined
    fields[field.name] = field.shape === 'flag' ? true : value
  }
  return fields
}

function fits(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'number':
      return typeof value === 'number'
    case 'text':
      return typeof value === 'string'
    case 'flag':
      return value === 1
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string')
    case 'numbers by name':
      return isFields(value) && Object.values(value).every((one) => typeof one === 'number')
  }
}

/** Completes the flags that are not written, and sees that nothing else lacks. Shapes were seen to before. */
function isKept(fact: { kind: string } & Entries): fact is Kept & Entries {
  const required = Object.entries(REQUIRED).find(([kind]) => kind === fact.kind)?.[1] ?? []
  for (const name of required) if (shortOf.get(name)?.[1] === 'flag') fact[name] ??= false
  return required.length > 0 && required.every((name) => fact[name] !== undefined)
}
