/** One thing that is measured. What it needs it makes for itself, and removes again. */
export interface Part {
  name: string
  /** What it measures, in a line. */
  about: string
  /** How long it takes, where that is so long that it only runs when it is named. */
  takes?: string
  run(options: BenchOptions): Promise<PartReport>
}

export interface BenchOptions {
  /** Fewer and shorter rounds: to see that it works, not to quote. */
  quick: boolean
  /** Minutes of a part that watches for so long. */
  minutes: number
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

export interface PartReport extends Report {
  /** What is to be reached. */
  targets: readonly Target[]
}

/** Something to be reached, and what was seen of it. */
export interface Target {
  what: string
  /** With its unit. */
  target: string
  seen: string
  isMet: boolean
}

/** At least so much of what the bare limit does. */
export const atLeast = (what: string, target: number, seen: number, unit = '× bare'): Target => ({
  what,
  target: `≥ ${target} ${unit}`,
  seen: `${seen.toFixed(target >= 100 ? 0 : 2)} ${unit}`,
  isMet: seen >= target,
})

export const atMost = (what: string, target: number, seen: number, unit: string): Target => ({
  what,
  target: `≤ ${target} ${unit}`,
  seen: `${seen.toFixed(target >= 100 ? 0 : 2)} ${unit}`,
  isMet: seen <= target,
})

export const renderReport = ({ title, columns, rows, notes }: Report): string =>
  [title, '', renderTable(columns, rows), '', ...notes.map((note) => `- ${note}`), ''].join('\n')

/** All targets of all reports: whether each was reached. */
export const renderTargets = (targets: readonly Target[]): string =>
  renderTable(
    ['what', 'target', 'seen', ''],
    targets.map(({ what, target, seen, isMet }) => [what, target, seen, isMet ? 'reached' : 'missed']),
  )

function renderTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(columns), rule, ...rows.map(line)].join('\n')
}
