import { type LocalDay, momentIn } from '../calendar/local-day.ts'
import { zoneNamed } from '../calendar/zone.ts'
import type { Scope } from '../storage/scope/scope.ts'

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

type Owner = Pick<Scope, 'db' | 'tenantId'>

/** The moment that is meant; a date means its first one in the tenant's zone. */
export async function resolveMoment(owner: Owner, given: Moment): Promise<Date> {
  return given instanceof Date ? given : momentIn(zoneNamed(await timezoneNamed(owner)), given)
}

/** Both ends of a range; the tenant is asked for its zone at most once. */
export async function resolveRange(owner: Owner, { from, to }: MomentRange): Promise<DateRange> {
  const isPlain = [from, to].every((end) => end === null || end === undefined || end instanceof Date)
  const zone = zoneNamed(isPlain ? 'UTC' : await timezoneNamed(owner))
  return { from: from ? momentIn(zone, from) : undefined, to: to ? momentIn(zone, to) : undefined }
}

async function timezoneNamed({ db, tenantId }: Owner): Promise<string> {
  const tenant = await db.tenant.findFirst({ where: { id: tenantId }, select: { timezone: true } })
  return tenant?.timezone ?? 'UTC'
}
