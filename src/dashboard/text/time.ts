const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long ago, as short as it can be said: `now`, `5m`, `3h`, `2d`, `9w`. @param now milliseconds */
export function age(at: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(at))
  if (passed < MINUTE) return 'now'
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)}m`
  if (passed < DAY) return `${Math.floor(passed / HOUR)}h`
  if (passed < 14 * DAY) return `${Math.floor(passed / DAY)}d`
  return `${Math.floor(passed / (7 * DAY))}w`
}

/** A moment in a zone, e.g. `Mar 3, 2026, 09:05`. */
export const moment = (at: string, zone: string): string => format(zone, MOMENT).format(new Date(at))

/** The same with its zone, e.g. `Mar 3, 2026, 09:05 GMT+1`, for where it stands alone. */
export const momentWithZone = (at: string, zone: string): string =>
  format(zone, { ...MOMENT, timeZoneName: 'short' }).format(new Date(at))

/** The time of day, e.g. `09:05:30`. */
export const timeOfDay = (at: string, zone: string): string =>
  format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(
    new Date(at),
  )

/** A length of time, e.g. `45 s`, `12 min`, `3.5 h`, `2 d`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${round(seconds)} s`
  if (seconds < 5_400) return `${round(seconds / 60)} min`
  if (seconds < 172_800) return `${round(seconds / 3_600)} h`
  return `${round(seconds / 86_400)} d`
}

const round = (value: number): string =>
  String(Math.round(value * (value < 10 ? 10 : 1)) / (value < 10 ? 10 : 1))

const MOMENT: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format takes longer than using it a hundred times. */
function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`
  const made = formats.get(key) ?? new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone })
  formats.set(key, made)
  return made
}
