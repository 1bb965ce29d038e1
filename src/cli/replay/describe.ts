import { parseJson } from '../../stripe/event.ts'
import { fields } from '../../stripe/read.ts'
import { UNREADABLE, type Value } from './scanner.ts'

/** How files of other kinds begin. */
const KINDS: readonly (readonly [begin: string, kind: string])[] = [
  ['PK\u0003\u0004', 'a ZIP archive: unpack it first'],
  ['SQLite format 3', 'an SQLite database'],
  ['%PDF', 'a PDF document'],
  ['BZh', 'packed with bzip2: unpack it first (bunzip2)'],
  ['\u00fd7zXZ', 'packed with xz: unpack it first (unxz)'],
  ['(\u00b5/\u00fd', 'packed with zstd: unpack it first (unzstd)'],
  ['7z\u00bc\u00af', 'a 7z archive: unpack it first'],
  ['PAR1', 'a Parquet file'],
]

const HTML = /^<(!doctype html|html|head|body)\b/i

/**
 * What a text without any Stripe event is, in one line for people.
 * @param head its first bytes
 * @param first its first JSON values, or lines that are none
 */
export function describe(head: Buffer, first: readonly Pick<Value, 'text'>[]): string {
  if (head.length === 0) return 'it is empty'
  const start = head.toString('latin1')
  const kind = KINDS.find(([begin]) => start.startsWith(begin))?.[1]
  if (kind !== undefined) return `it is ${kind}`
  if (head.includes(0)) return 'it is binary data'
  const text = head.toString('utf8').trim()
  if (text === '') return 'there are only blanks in it'
  if (HTML.test(text)) return 'it is a web page: it was fetched without being signed in, perhaps'
  if (text.startsWith('<')) return 'it is XML'
  // A list or an array without elements has no value in it.
  const [value = { text }] = first
  const json = value.text === UNREADABLE ? undefined : parseJson(value.text)
  if (json === undefined) return describeText(text)
  return describeJson(json)
}

function describeText(text: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? ''
  if (/^[[{]/.test(line)) return 'it is JSON that is broken or breaks off'
  if (line.split(/[,;\t]/).length >= 3)
    return `it is a table (CSV) that begins with ${quoted(line)}, not JSON`
  return `it is text that begins with ${quoted(line)}, not JSON`
}

function describeJson(json: unknown): string {
  if (Array.isArray(json) && json.length === 0) return 'it is an empty array'
  const object = fields(json)
  if (object === undefined) return `it is JSON that holds ${quoted(JSON.stringify(json))}, no objects`
  const kind = object['object']
  const error = fields(object['error'])
  if (error !== undefined) {
    const message = typeof error['message'] === 'string' ? `: ${quoted(error['message'])}` : ''
    return `it is an error that an API answered with${message}`
  }
  if (kind === 'list') return "it is a list of Stripe's without any element"
  if (kind === 'event')
    return 'it holds objects that call themselves events, but lack an id, type, created or data.object'
  if (typeof kind === 'string')
    return `it holds Stripe objects of the kind ${quoted(kind)}, not the events about them (GET /v1/events lists those)`
  return `it is JSON of another kind, with ${quoted(Object.keys(object).slice(0, 5).join(', '))} in its first object`
}

const MAX_QUOTED = 60

/** Without terminal control characters. */
const quoted = (text: string): string => {
  const plain = text.replaceAll(/\p{C}/gu, ' ').trim()
  return `"${plain.length > MAX_QUOTED ? `${plain.slice(0, MAX_QUOTED)}…` : plain}"`
}
