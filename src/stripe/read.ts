import type { Seconds } from '../time.ts'

/** An object of Stripe's of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Longer strings than this in a place that names something are no ids of Stripe's. */
const LONGEST_ID = 255

/** Nearly every string of Stripe's is plain ASCII, and this is six times faster than looking for what is wrong. */
const PLAIN = /^[ -~]*$/
const LONE_SURROGATES = /\p{Surrogate}/gu

/** The text with what UTF-8 or PostgreSQL cannot hold (lone surrogates, NUL) replaced by U+FFFD. */
export const storable = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(LONE_SURROGATES, '\uFFFD').replaceAll('\0', '\uFFFD')

/** An object that is neither null nor an array. */
export const fields = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined)

export const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A string that is not empty, storable, cut to `longest` UTF-16 units. */
export const text = (value: unknown, longest = LONGEST_ID): string | undefined =>
  typeof value === 'string' && value !== ''
    ? storable(value.length > longest ? value.slice(0, longest) : value)
    : undefined

/** A string that names something: not empty and at most 255 long. Never cut, since half an id names another thing. */
export const id = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_ID ? storable(value) : undefined

/** The id behind a reference: `"id"`, the expanded object, `{id, deleted: true}`, or null. */
export const reference = (value: unknown): string | undefined =>
  typeof value === 'string' ? id(value) : isFields(value) ? id(value['id']) : undefined

/** A whole number that arithmetic keeps exact. */
export const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined

/** Minor units of what cannot be negative. */
export const amount = (value: unknown): number | undefined => {
  const whole = integer(value)
  return whole === undefined || whole < 0 ? undefined : whole
}

/** Unix seconds until the year 9999; rejects milliseconds. */
export const time = (value: unknown): Seconds | undefined => {
  const whole = integer(value)
  return whole === undefined || whole <= 0 || whole > 253_402_300_799 ? undefined : whole
}

/** Three letters, in lower case. */
export const currency = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z]{3}$/i.test(value) ? value.toLowerCase() : undefined

/** The objects of a Stripe list (`{data: […]}`); what is no object is left out. */
export const list = (value: unknown): readonly Fields[] => {
  const data = fields(value)?.['data']
  return Array.isArray(data) ? data.filter(isFields) : []
}

/** Who an object belongs to: its customer, or the account that stands for one. */
export const customerOf = (object: Fields): string | undefined =>
  reference(object['customer']) ?? reference(object['customer_account'])

/** The type without its undefined: such a field is absent. */
export type Known<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** A copy without the fields that are undefined: what is not known is left out of facts and records. */
export function known<T extends object>(value: T): Known<T>
export function known(value: Fields): object {
  const kept: Record<string, unknown> = {}
  for (const name in value) {
    const field = value[name]
    if (field !== undefined) kept[name] = field
  }
  return kept
}
