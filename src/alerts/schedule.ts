import { z } from 'zod'
import { type Zone, zoneNamed } from '../calendar/zone.ts'
import { DAY, HOUR, MINUTE, type Seconds, toDate, toSeconds } from '../time.ts'

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 07:30')

/** When a channel's messages are sent, as its column keeps it. Times are of the tenant's zone. */
export const schedule = z
  .object({
    mode: z.enum(['NOW', 'HOURLY', 'DAILY'], 'mode must be NOW, HOURLY or DAILY'),
    /** Of DAILY. */
    at: time.nullable(),
    /** Of DAILY: 1 is Monday; null: every day. */
    weekdays: z
      .array(z.int().min(1, 'weekdays must be from 1 to 7').max(7, 'weekdays must be from 1 to 7'))
      .min(1, 'weekdays must name at least one')
      .nullable(),
    quietFrom: time.nullable(),
    quietTo: time.nullable(),
    weeklySummary: z.boolean(),
  })
  .refine(({ mode, at }) => mode !== 'DAILY' || at !== null, { path: ['at'], error: 'DAILY needs a time' })
  .refine(({ quietFrom, quietTo }) => (quietFrom === null) === (quietTo === null), {
    path: ['quietTo'],
    error: 'quietFrom and quietTo must be given together',
  })
export type Schedule = z.infer<typeof schedule>

/** @param weeklySummary of mails: their silence should mean that all is well, not that nothing arrives */
export const defaultSchedule = (weeklySummary: boolean): Schedule => ({
  mode: 'NOW',
  at: null,
  weekdays: null,
  quietFrom: null,
  quietTo: null,
  weeklySummary,
})

export const readSchedule = (json: string): Schedule => schedule.parse(JSON.parse(json))

/** When a message is sent, and why not at once. */
export interface Timing {
  dueAt: Date
  /** Together with the others of that moment, as one message. */
  grouped: boolean
  why: string | null
}

/**
 * When a message that could be sent at `soonest` is sent. The zone's own rules decide, so a day may have 23 or 25 hours.
 * @param timezone in which the schedule is meant
 * @param now when this is asked: what is planned late is sent then, and quiet hours may have begun meanwhile
 */
export function timingOf(schedule: Schedule, timezone: string, soonest: Date, now: Date): Timing {
  const zone = zoneNamed(timezone)
  const planned = plannedAt(schedule, zone, toSeconds(soonest))
  const at = planned?.at ?? toSeconds(soonest)
  const firstEnd = endOfQuiet(schedule, zone, at)
  const quietEnd = endOfQuiet(schedule, zone, Math.max(firstEnd ?? at, toSeconds(now))) ?? firstEnd
  if (quietEnd !== undefined) return { dueAt: toDate(quietEnd), grouped: true, why: 'quiet hours' }
  return planned === undefined
    ? { dueAt: soonest, grouped: false, why: null }
    : { dueAt: toDate(planned.at), grouped: true, why: planned.why }
}

function plannedAt(
  { mode, at, weekdays }: Schedule,
  zone: Zone,
  soonest: Seconds,
): { at: Seconds; why: string } | undefined {
  if (mode === 'HOURLY') {
    const local = soonest + zone.offset(soonest)
    return { at: soonest + ((HOUR - (local % HOUR)) % HOUR), why: 'sent at the full hour' }
  }
  if (mode !== 'DAILY' || at === null) return undefined
  const today = zone.dayOf(soonest)
  for (let day = today; day <= today + 8; day += 1) {
    const moment = momentOf(zone, day, at)
    const isDay = weekdays === null || weekdays.includes(weekdayOf(day))
    if (isDay && moment >= soonest) return { at: moment, why: `sent daily at ${at}` }
  }
  return undefined
}

/** 1 is Monday; 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => ((day + 3) % 7) + 1

/** When quiet hours end that a moment lies in; undefined: it does not lie in any. */
function endOfQuiet({ quietFrom, quietTo }: Schedule, zone: Zone, at: Seconds): Seconds | undefined {
  if (quietFrom === null || quietTo === null || quietFrom === quietTo) return undefined
  const today = zone.dayOf(at)
  // Those that began yesterday may still last.
  for (const day of [today - 1, today]) {
    const from = momentOf(zone, day, quietFrom)
    const to = momentOf(zone, quietTo > quietFrom ? day : day + 1, quietTo)
    if (at >= from && at < to) return to
  }
  return undefined
}

/** A time of a local day. One that the clocks skip is as much later as they jump. */
function momentOf(zone: Zone, day: number, time: string): Seconds {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const nominal = day * DAY + hours * HOUR + minutes * MINUTE
  return nominal - zone.offset(nominal - zone.offset(nominal))
}

/** Monday at nine, after a moment. */
export function nextSummary(timezone: string, after: Date): Date {
  const zone = zoneNamed(timezone)
  const weekly: Schedule = { ...defaultSchedule(true), mode: 'DAILY', at: '09:00', weekdays: [1] }
  const at = plannedAt(weekly, zone, toSeconds(after) + 1)
  return at === undefined ? after : toDate(at.at)
}
