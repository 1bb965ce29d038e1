export type LocalClock = (at: Date) => string

/** E.g. `Fri 28 Nov, 14:10`. */
export function localClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (at) => format.format(at).replace(/^(\w+), /, '$1 ')
}
