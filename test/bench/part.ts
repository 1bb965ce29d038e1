/** One thing that is measured. What it needs it makes for itself, and removes again. */
export interface Part {
  name: string
  run(options: BenchOptions): Promise<Report>
}

export interface BenchOptions {
  /** Fewer and shorter rounds: to see that it works, not to quote. */
  quick: boolean
  /** Progress, for people. */
  say(line: string): void
}

export interface Report {
  title: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
  /** What a reader must know to believe the figures. */
  notes: readonly string[]
  /** The same for programs. */
  data: unknown
}

/** The report as a table of text. */
export function renderReport({ title, columns, rows, notes }: Report): string {
  const all = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [
    title,
    '',
    line(columns),
    rule,
    ...rows.map(line),
    '',
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n')
}
