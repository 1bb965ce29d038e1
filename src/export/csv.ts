import { stringify } from 'csv-stringify/sync'

/** `decimal`: digits that are ours, with a sign and a point at most. */
export type Cell = string | number | bigint | boolean | Date | null | { decimal: string }

/** Lines of CSV as RFC 4180 has it: CRLF, and quotes where they are needed; times are RFC 3339. */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify([...rows.map((row) => row.map(textOf))], {
    record_delimiter: '\r\n',
    // By itself it would quote for the whole delimiter only.
    quoted_match: /[\r\n]/,
  })

function textOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return defused(cell)
  if (cell instanceof Date) return cell.toISOString()
  return typeof cell === 'object' ? cell.decimal : String(cell)
}

/** A spreadsheet takes what begins so for a formula, also in the full-width forms. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** An apostrophe in front makes it text again. */
const defused = (text: string): string => {
  const shown = text.replace(STEERING, (character) => pictureOf(character.charCodeAt(0)))
  return FORMULA.test(shown) ? `'${shown}` : shown
}

/**
 * What steers a terminal that shows the file (escape sequences, in either form), and what turns the direction of
 * writing. Tabs and ends of lines are text.
 */
const STEERING = /(?![\t\r\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Unicode has pictures of the old control characters. */
const pictureOf = (code: number): string =>
  code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd'
