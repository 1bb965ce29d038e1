import { stringify } from 'csv-stringify/sync'

/** `decimal`: a number as we write it, which needs no protection against formulas. */
export type Cell = string | number | bigint | boolean | Date | null | { decimal: string }

/** Lines of CSV as RFC 4180 defines it: CRLF, and quotes where they are needed; times are RFC 3339. */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify([...rows.map((row) => row.map(textOf))], {
    record_delimiter: '\r\n',
    // By itself it would quote for the whole delimiter only.
    quoted_match: /[\r\n]/,
  })

function textOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return escapeFormula(cell)
  if (cell instanceof Date) return cell.toISOString()
  return typeof cell === 'object' ? cell.decimal : String(cell)
}

/** Spreadsheets read a cell that begins like this as a formula, also in the full-width forms. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** A leading apostrophe makes it text. */
const escapeFormula = (text: string): string => {
  const shown = text.replace(CONTROL, (character) => pictureOf(character.charCodeAt(0)))
  return FORMULA.test(shown) ? `'${shown}` : shown
}

/**
 * Characters that control a terminal that shows the file (escape sequences, in either form) or the direction of writing.
 * Tabs and ends of lines are text.
 */
const CONTROL = /(?![\t\r\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Unicode has pictures of the old control characters. */
const pictureOf = (code: number): string =>
  code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd'
