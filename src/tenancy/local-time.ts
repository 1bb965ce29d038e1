import { type LocalDay, momentIn } from '../calendar/local-day.ts'
import { zoneNamed } from '../calendar/zone.ts'
import { type Reading, readRow, TENANTS } from '../storage/reading.ts'

/** What a filter or an input says of time: a moment, or a date of the tenant's calendar. */
export type Moment = Date | LocalDay

/** From inclusive, to exclusive. */
export interface MomentRange {
  from?: Moment | null | undefined
  to?: Moment | null | undefined
}

/** The same with moments alone. */
export interface DateRange {
  from: Date | undefined
  to: Date | undefined
}

/** The moment that is meant; a date means its first one in the tenant's zone. */
export async function resolveMoment(owner: Reading, given: Moment): Promise<Date> {
  return given instanceof Date ? given : momentIn(zoneNamed(await timezoneNamed(owner)), given)
}

/** Both ends of a range; the tenant is asked for its zone at most once. */
export async function resolveRange(owner: Reading, { from, to }: MomentRange): Promise<DateRange> {
  const isPlain = [from, to].every((end) => end === null || end === undefined || end instanceof Date)
  const zone = zoneNamed(isPlain ? 'UTC' : await timezoneNamed(owner))
  return { from: from ? momentIn(zone, from) : undefined, to: to ? momentIn(zone, to) : undefined }
}

async function timezoneNamed(owner: Reading): Promise<string> {
  const tenant = await readRow(owner, TENANTS, { columns: ['timezone'] })
  return tenant?.timezone ?? 'UTC'
}
