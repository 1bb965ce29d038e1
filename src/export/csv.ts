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
const defused = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)
