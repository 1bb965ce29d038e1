import { mark } from '../mark.ts'
import { fields, text } from '../read.ts'

/** Where merchants keep their own order number, without case and separators, the commonest first. */
const ORDER_KEYS = [
  'orderid',
  'order',
  'ordernumber',
  'orderno',
  'ordernr',
  'orderref',
  'orderreference',
  'ordercode',
  'cartid',
  'basketid',
  'checkoutid',
  'bookingid',
  'bookingref',
  'bookingreference',
  'bookingnumber',
  'booking',
  'reservationid',
  'reservation',
  'purchaseid',
  'purchaseorder',
  'ponumber',
  'reference',
  'ref',
] as const

/** Anything else could be a sentence with a name in it: then only its mark is kept. */
const PLAIN_NUMBER = /^[\w#./:-]{1,64}$/

/** Names of what identifies something. */
const IDENTIFIES = /(id|uuid|guid|number|no|nr|num|ref|reference|code|key|sku)$/

/** Of one try or one moment, not of what is bought: a second try of one purchase carries another. */
const OF_A_TRY = /request|trace|span|attempt|retry|retries|idempot|nonce|session|correlat|token|time|date/

/** A number, a code, a part of both; never a sentence. */
const IDENTIFIER = /^[^\s@]{1,64}$/
const HAS_DIGIT = /\d/
const MOMENT = /^\d{4}-\d\d-\d\d|^1\d{9}(\d{3})?$/

const MOST_REFERENCES = 8
/** Stripe allows 50 keys. */
const MOST_KEYS = 50

/** What metadata says of the purchase: its order, and marks of anything else that identifies it. */
export interface Purchase {
  order: string | undefined
  references: readonly string[] | undefined
}

const UNKNOWN: Purchase = { order: undefined, references: undefined }

export function purchaseOf(value: unknown): Purchase {
  const metadata = fields(value)
  if (metadata === undefined) return UNKNOWN
  const values = new Map<string, string>()
  for (const [name, held] of Object.entries(metadata).slice(0, MOST_KEYS)) {
    const written = text(held)?.trim()
    const key = name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
    if (written !== undefined && written !== '' && !values.has(key)) values.set(key, written)
  }
  return values.size === 0 ? UNKNOWN : { order: orderOf(values), references: referencesOf(values) }
}

function orderOf(values: ReadonlyMap<string, string>): string | undefined {
  for (const key of ORDER_KEYS) {
    const order = values.get(key)
    if (order !== undefined) return PLAIN_NUMBER.test(order) ? order : `~${mark([order])}`
  }
  return undefined
}

/** `name:value`, each as a mark, in the order of the names. */
function referencesOf(values: ReadonlyMap<string, string>): readonly string[] | undefined {
  const references = [...values]
    .filter(([key, value]) => isReference(key, value))
    .map(([key, value]) => `${mark([key])}:${mark([value])}`)
    .sort()
  return references.length === 0 ? undefined : references.slice(0, MOST_REFERENCES)
}

const isReference = (key: string, value: string): boolean =>
  !OF_A_TRY.test(key) &&
  IDENTIFIER.test(value) &&
  !MOMENT.test(value) &&
  (IDENTIFIES.test(key) || HAS_DIGIT.test(value))
