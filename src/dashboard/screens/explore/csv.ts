import type { Line } from './lines.ts'

/** The values of all lines, one time a row, as RFC 4180 has it. */
export function csvOf(lines: readonly Line[]): string {
  const times = lines[0]?.points.map(({ at }) => at) ?? []
  const rows = [
    ['time', ...lines.map(({ name }) => `"${name}"`)],
    ...times.map((at, index) => [at, ...lines.map(({ points }) => String(points[index]?.observed ?? ''))]),
  ]
  return rows.map((row) => `${row.join(',')}\r\n`).join('')
}

/** Has the browser save a text as a file. */
export function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
