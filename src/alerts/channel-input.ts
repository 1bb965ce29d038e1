import { ZodError, z } from 'zod'
import { badInput, type Issue, PublicError } from '../errors.ts'
import { name, parseInput } from '../tenancy/input.ts'
import { type Channel, type OpenChannel, TARGET_NAMES } from './channels/channel.ts'
import type { Channels } from './channels/registry.ts'
import type { Outbound } from './http.ts'
import { defaultRouting, type Routing, routing } from './routing.ts'
import { defaultSchedule, type Schedule, schedule } from './schedule.ts'

/** Fields of a channel as GraphQL and the command line give them: what is left out stays as it is, or as is usual. */
export interface ChannelInput {
  name?: string | null | undefined
  routing?: object | null | undefined
  schedule?: object | null | undefined
}

export interface ChannelFields {
  name: string
  routing: Routing
  schedule: Schedule
}

/** @throws PublicError BAD_USER_INPUT with an issue for each thing that is wrong */
export function parseChannel(given: ChannelInput, before: ChannelFields): ChannelFields {
  return parseInput(z.object({ name, routing, schedule }), {
    name: given.name ?? before.name,
    routing: { ...before.routing, ...stated(given.routing, ['detectors', 'account']) },
    schedule: {
      ...before.schedule,
      ...stated(given.schedule, ['at', 'weekdays', 'quietFrom', 'quietTo']),
    },
  })
}

/** What was said; null only says something where a column may be null. */
const stated = (given: object | null | undefined, nullable: readonly string[]): object =>
  Object.fromEntries(
    Object.entries(given ?? {}).filter(
      ([key, value]) => value !== undefined && (value !== null || nullable.includes(key)),
    ),
  )

/** PagerDuty wakes people up; mails are read later anyway. */
export const usualFields = ({ kind }: Channel): ChannelFields => ({
  name: '',
  routing: defaultRouting(kind === 'PAGERDUTY' ? 'CRITICAL' : 'HIGH'),
  schedule: defaultSchedule(kind === 'EMAIL'),
})

/**
 * Reads a target as `AlertTargetInput` has it: one field, named after its form.
 * @throws PublicError BAD_USER_INPUT, which names the field and the reason
 */
export async function parseTarget(
  { channels, outbound }: { channels: Channels; outbound: Outbound },
  target: object,
): Promise<{ channel: Channel; open: OpenChannel }> {
  const given = Object.entries(target).filter(([, value]) => value !== undefined && value !== null)
  const [[field, value] = ['', undefined]] = given
  const channel = channels.get(field)
  if (given.length !== 1 || channel === undefined)
    throw badInput(['target'], `target must have exactly one of ${TARGET_NAMES.join(', ')}`)
  if (channel.unavailable !== undefined) throw badInput(['target', field], channel.unavailable)
  const open = openGiven(channel, field, value)
  const objection = open.url === undefined ? undefined : await outbound.objectionNow(open.url, channel.hosts)
  if (objection !== undefined) throw badInput(['target', field, 'url'], `the address ${objection}`)
  return { channel, open }
}

function openGiven(channel: Channel, field: string, value: unknown): OpenChannel {
  try {
    return channel.open(value)
  } catch (error) {
    if (!(error instanceof ZodError)) throw error
    const issues = error.issues.map(
      ({ path, code, message }): Issue => ({ path: ['target', field, ...path.map(stepOf)], code, message }),
    )
    throw new PublicError('BAD_USER_INPUT', issues.map(({ message }) => message).join('; '), { issues })
  }
}

const stepOf = (step: PropertyKey): string | number => (typeof step === 'number' ? step : String(step))
