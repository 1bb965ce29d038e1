import type { Place } from './calendar.ts'

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** What `Intl` names though ISO 3166-1 has assigned it to no country. */
const NOT_COUNTRIES = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ'.split(' '))

const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** Whether it is a present code of ISO 3166-1 alpha-2, in upper case. */
export const isCountry = (code: string): boolean =>
  /^[A-Z]{2}$/.test(code) &&
  !NOT_COUNTRIES.has(code) &&
  names.of(code) !== undefined &&
  // A former code, such as DD, stands for another one.
  Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`

/** There are some 600 names of zones; asking `Intl` for one takes longer than judging an event. */
const ownNames = new Map<string, string>()

/** `Intl` has a zone under one of its names only, which is not always today's. */
function ownName(zone: string): string {
  const known = ownNames.get(zone)
  if (known !== undefined) return known
  const name = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  if (ownNames.size >= 2_000) ownNames.clear()
  ownNames.set(zone, name)
  return name
}

/** An older engine has the property, a newer one the method. */
interface Regional {
  getTimeZones?(): string[] | undefined
  timeZones?: string[] | undefined
}

let countries: ReadonlyMap<string, string> | undefined

function countryByZone(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      const code = first + second
      if (!isCountry(code)) continue
      const locale: Intl.Locale & Regional = new Intl.Locale(`und-${code}`)
      for (const zone of locale.getTimeZones?.() ?? locale.timeZones ?? []) found.set(ownName(zone), code)
    }
  }
  return found
}

/** The country whose clocks follow an IANA zone; undefined for UTC and the like. */
export function countryOf(zone: string): string | undefined {
  countries ??= countryByZone()
  return countries.get(ownName(zone))
}

/** Where a tenant keeps shop: its country is guessed from its zone until it is set. */
export const placeOf = ({ timezone, country }: { timezone: string; country: string | null }): Place => ({
  timezone,
  country: country ?? countryOf(timezone),
})
