import { z } from 'zod'

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
 * When a message that could be sent at `soonest` is sent.
 * @param timezone in which the schedule is meant
 */
export function timingOf(_schedule: Schedule, _timezone: string, soonest: Date): Timing {
  return { dueAt: soonest, grouped: false, why: null }
}
