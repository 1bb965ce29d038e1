import { stringify } from 'csv-stringify/sync'

export type Cell = string | number | bigint | boolean | Date | null

/**
 * Lines of CSV as RFC 4180 has it: CRLF, and quotes where they are needed. A text that a spreadsheet would take for
 * a formula (`=`, `+`, `-`, `@`, tab or carriage return first) gets an apostrophe before it; times are RFC 3339.
 */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify([...rows.map((row) => [...row])], {
    record_delimiter: '\r\n',
    escape_formulas: true,
    cast: { date: (time) => time.toISOString(), boolean: String },
  })
