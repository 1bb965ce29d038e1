/** A point of what was observed against what is usual. Times are RFC 3339. */
export interface Point {
  at: string
  observed: number
  expected: number | null
  lower: number | null
  upper: number | null
}

/** A span of time that is shaded. Times are RFC 3339; without an end it goes on. */
export interface Span {
  from: string
  to: string | null
}

type Column = (number | null)[]

/** Columns as uPlot takes them, which draws the last on top: seconds, upper, lower, expected, observed. */
export const columnsOf = (points: readonly Point[]): [number[], Column, Column, Column, Column] => [
  points.map(({ at }) => Date.parse(at) / 1000),
  points.map(({ upper }) => upper),
  points.map(({ lower }) => lower),
  points.map(({ expected }) => expected),
  points.map(({ observed }) => observed),
]
