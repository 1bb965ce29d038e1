import type { Schedule } from '../../alerts/schedule.ts'
import { builder } from '../builder.ts'

const AlertScheduleMode = builder.enumType('AlertScheduleMode', {
  description: 'When alerts are sent. What is CRITICAL is always sent at once, alone.',
  values: {
    NOW: { description: 'As it happens.' },
    HOURLY: { description: 'Together, at the full hour.' },
    DAILY: { description: 'Together, at a time of day.' },
  } satisfies Record<Schedule['mode'], { description: string }>,
})

export const AlertSchedule = builder.objectRef<Schedule>('AlertSchedule').implement({
  description: "When alerts go to a channel. Times are of the tenant's zone, `HH:MM`.",
  fields: (t) => ({
    mode: t.expose('mode', { type: AlertScheduleMode, description: 'As it happens, or together.' }),
    at: t.exposeString('at', { nullable: true, description: 'With DAILY: when.' }),
    weekdays: t.exposeIntList('weekdays', {
      nullable: true,
      description: 'With DAILY: on which days, 1 is Monday; null: on all.',
    }),
    quietFrom: t.exposeString('quietFrom', {
      nullable: true,
      description: 'From when on nothing but CRITICAL is sent; null: there are no quiet hours.',
    }),
    quietTo: t.exposeString('quietTo', {
      nullable: true,
      description: 'When quiet hours end, and what they held back is sent as one message.',
    }),
    weeklySummary: t.exposeBoolean('weeklySummary', {
      description: 'A mail each Monday that says how the week was, also when all was well.',
    }),
  }),
})

export const AlertScheduleInput = builder.inputType('AlertScheduleInput', {
  description: 'When alerts go to a channel. What is left out stays as it is, or as is usual.',
  fields: (t) => ({
    mode: t.field({ type: AlertScheduleMode, description: 'By default NOW.' }),
    at: t.string({ description: 'With DAILY: when, `HH:MM`.' }),
    weekdays: t.intList({ description: 'With DAILY: on which days, 1 is Monday; null: on all.' }),
    quietFrom: t.string({ description: 'When quiet hours begin, `HH:MM`; null: there are none.' }),
    quietTo: t.string({ description: 'When quiet hours end, `HH:MM`.' }),
    weeklySummary: t.boolean({ description: 'By default on for EMAIL.' }),
  }),
})
