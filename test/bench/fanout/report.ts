import { DISTURBED, figuresOf, percent, range } from '../figures.ts'
import { machineName, pinning } from '../machine.ts'
import { atLeast, type PartReport } from '../part.ts'

export const SUBSCRIBERS = 1_000

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

export function report(results: readonly Result[]): PartReport {
  const figures = results.map(({ name, target, bytes, rounds }) => {
    const { figure, used, disturbed } = figuresOf(rounds)
    return {
      name,
      target,
      bytes,
      ratio: figure(({ ratio }) => ratio),
      null: figure((round) => round.null),
      oursCpuMicros: figure(({ ours }) => ours),
      bareCpuMicros: figure(({ bare }) => bare),
      counted: used.length,
      disturbed,
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
    targets: figures.map(({ name, target, ratio }) =>
      atLeast(`one anomaly to ${SUBSCRIBERS} subscribers, ${name}`, target, ratio.median),
    ),
    data: figures,
  }
}
