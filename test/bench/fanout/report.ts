import { machineName, median, pinning } from '../machine.ts'
import type { Report } from '../part.ts'

export const SUBSCRIBERS = 1_000
/** Share of the machine that others may take before a round is left out. */
const DISTURBED = 0.08

export interface Round {
  /** What bare cost over what ours did: its share of the bare rate. */
  ratio: number
  null: number
  ours: number
  bare: number
  others: number
}

/** What was measured of one group of subscribers. */
export interface Result {
  name: string
  target: number
  /** Of a message. */
  bytes: number
  rounds: readonly Round[]
}

export function report(results: readonly Result[]): Report {
  const figures = results.map(({ name, target, bytes, rounds }) => {
    const calm = rounds.filter(({ others }) => others <= DISTURBED)
    const used = calm.length > 0 ? calm : rounds
    const figure = (of: (round: Round) => number) => {
      const values = used.map(of)
      return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
    }
    return {
      name,
      target,
      bytes,
      ratio: figure(({ ratio }) => ratio),
      null: figure((round) => round.null),
      oursCpuMicros: figure(({ ours }) => ours),
      bareCpuMicros: figure(({ bare }) => bare),
      counted: used.length,
      disturbed: calm.length === 0,
      rounds,
    }
  })
  return {
    title: `One anomaly to ${SUBSCRIBERS} subscribers (WebSocket) against ws alone`,
    columns: [
      'subscribers with',
      '× bare',
      'target',
      'null check',
      'CPU µs a message',
      'bare',
      'bytes',
      'rounds',
    ],
    rows: figures.map((row) => [
      row.name,
      range(row.ratio),
      row.target.toFixed(2),
      range(row.null),
      row.oursCpuMicros.median.toFixed(1),
      row.bareCpuMicros.median.toFixed(1),
      String(row.bytes),
      row.disturbed ? 'disturbed' : String(row.counted),
    ]),
    notes: [
      'CPU of the server from the hint that the feed has grown to the last frame: read, executed, serialized and sent; bare: socket.send of the same text',
      `rounds in which others took more than ${percent(DISTURBED)} of the machine are left out, unless all were disturbed`,
      `${machineName()}, ${pinning ? 'servers and subscribers pinned to a CPU each' : 'not pinned: the ratio says little'}`,
    ],
    data: figures,
  }
}

export const times = (value: number): string => value.toFixed(2)
export const percent = (value: number): string => `${Math.round(value * 100)} %`
const range = ({ median: middle, min, max }: { median: number; min: number; max: number }): string =>
  `${times(middle)} [${times(min)}..${times(max)}]`
