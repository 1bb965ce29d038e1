import { HOUR, type Seconds } from '../../time.ts'

/** From a moment up to another, without it. */
export type Span = readonly [from: Seconds, to: Seconds]

/** Stretches of time, oldest first; the last may still be open (null). Plain data. */
export type Spans = [from: Seconds, to: Seconds | null][]

/** Only the newest are kept: older ones lie far behind every window and every day still to be learned. */
const KEPT = 24

/** Begins a stretch; if one is open, that only begins earlier. */
export function openSpan(spans: Spans, from: Seconds): void {
  const last = spans.at(-1)
  if (last !== undefined && last[1] === null) last[0] = Math.min(last[0], from)
  else spans.push([from, null])
  if (spans.length > KEPT) spans.shift()
}

/** Ends the open stretch. */
export function closeSpan(spans: Spans, to: Seconds): void {
  const last = spans.at(-1)
  if (last !== undefined && last[1] === null) last[1] = Math.max(to, last[0])
}

/** Whether any stretch touches [from, to). */
export function touches(spans: Spans, from: Seconds, to: Seconds): boolean {
  for (const [begin, end] of spans) if (begin < to && (end === null || end >= from)) return true
  return false
}

/** Starts of the whole hours in [from, to) that any stretch touches, ascending. */
export function hoursTouched(spans: Spans, from: Seconds, to: Seconds): Seconds[] {
  const hours: Seconds[] = []
  if (spans.length === 0) return hours
  for (let hour = Math.ceil(from / HOUR) * HOUR; hour < to; hour += HOUR)
    if (touches(spans, hour, hour + HOUR)) hours.push(hour)
  return hours
}
