import type { Json } from '../stripe/basics.ts'
import { isJson, strings } from './form.ts'
import { invalid } from './refusal.ts'

/** What every list takes, besides what `extra` names. */
const COMMON = ['limit', 'starting_after', 'ending_before', 'created', 'expand']

const createdOf = ({ created }: Json): number => Number(created)

const BOUNDS: Readonly<Record<string, (created: number, bound: number) => boolean>> = {
  gt: (created, bound) => created > bound,
  gte: (created, bound) => created >= bound,
  lt: (created, bound) => created < bound,
  lte: (created, bound) => created <= bound,
}

/** Whether an object is within `created`, one moment or its bounds. */
function isWithin(object: Json, created: unknown): boolean {
  if (created === undefined) return true
  if (!isJson(created)) return createdOf(object) === Number(created)
  return Object.entries(created).every(([bound, value]) => {
    const fits = BOUNDS[bound]
    if (fits === undefined)
      throw invalid(`Received unknown parameter: created[${bound}]`, { code: 'parameter_unknown' })
    return fits(createdOf(object), Number(value))
  })
}

/**
 * A page of objects, newest first as all of Stripe's lists are.
 * @param objects in the order in which they were made
 */
export function pageOf(
  objects: readonly Json[],
  query: Json,
  url: string,
  extra: readonly string[] = [],
): Json {
  const unknown = Object.keys(query).find((name) => !COMMON.includes(name) && !extra.includes(name))
  if (unknown !== undefined)
    throw invalid(`Received unknown parameter: ${unknown}`, { code: 'parameter_unknown', param: unknown })
  const limit = Number(query['limit'] ?? 10)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw invalid('This value must be between 1 and 100.', { param: 'limit' })
  const newest = [...objects].reverse().sort((a, b) => createdOf(b) - createdOf(a))
  const place = (param: 'starting_after' | 'ending_before'): number | undefined => {
    const id = query[param]
    if (id === undefined) return undefined
    const at = newest.findIndex((one) => one['id'] === id)
    if (at < 0) throw invalid(`No such object: '${String(id)}'`, { code: 'resource_missing', param })
    return at
  }
  const after = place('starting_after')
  const before = place('ending_before')
  if (after !== undefined && before !== undefined)
    throw invalid('You cannot use both `starting_after` and `ending_before` in the same request.')
  const within = (list: readonly Json[]) => list.filter((one) => isWithin(one, query['created']))
  if (before !== undefined) {
    const left = within(newest.slice(0, before))
    return { object: 'list', url, has_more: left.length > limit, data: left.slice(-limit) }
  }
  const left = within(newest.slice(after === undefined ? 0 : after + 1))
  return { object: 'list', url, has_more: left.length > limit, data: left.slice(0, limit) }
}

const EVENTS_KEPT_SECONDS = 30 * 86_400

/** The last 30 days, of some types. */
export function eventsOf(events: readonly Json[], query: Json, now: number): Json {
  const types = query['types'] === undefined ? undefined : strings(query['types'])
  if (types !== undefined && types.length > 20)
    throw invalid('Array types exceeded maximum 20 allowed elements.', { param: 'types' })
  if (types !== undefined && query['type'] !== undefined)
    throw invalid('You may only specify one of these parameters: type, types.')
  const wanted = types ?? (query['type'] === undefined ? undefined : [String(query['type'])])
  const kept = events.filter(
    (event) =>
      createdOf(event) >= now - EVENTS_KEPT_SECONDS &&
      (wanted === undefined || wanted.some((type) => matches(String(event['type']), type))),
  )
  return pageOf(kept, query, '/v1/events', ['type', 'types', 'delivery_success'])
}

const matches = (type: string, wanted: string): boolean =>
  wanted === '*' || wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1)))
