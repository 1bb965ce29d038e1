const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** People begin at nine. */
const MORNING = 9

/** How long something can be put off. @param now milliseconds @param zone of the tenant, whose mornings count */
export function snoozeChoices(now: number, zone: string): { label: string; until: string }[] {
  const tomorrow = morning(now + DAY, zone)
  const monday = Array.from({ length: 7 }, (_, day) => now + (day + 1) * DAY).find(
    (at) => weekday(at, zone) === 'Mon',
  )
  return [
    { label: 'For an hour', until: iso(now + HOUR) },
    { label: 'For four hours', until: iso(now + 4 * HOUR) },
    { label: 'Until tomorrow', until: iso(tomorrow) },
    { label: 'Until Monday', until: iso(morning(monday ?? now + 7 * DAY, zone)) },
  ]
}

const iso = (at: number): string => new Date(at).toISOString()

const weekday = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-US', { weekday: 'short', timeZone: zone }).format(at)

/** Nine o'clock of the day that `at` is in, in the zone; clocks that change that day are taken into account. */
function morning(at: number, zone: string): number {
  const guess = at - minutesOfDay(at, zone) * MINUTE + MORNING * HOUR
  return guess - (minutesOfDay(guess, zone) - MORNING * 60) * MINUTE
}

function minutesOfDay(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
    timeZone: zone,
  }).formatToParts(at)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  return part('hour') * 60 + part('minute') + (at % MINUTE) / MINUTE
}
