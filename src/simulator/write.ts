import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Seconds } from '../time.ts'
import type { Arrival } from './event.ts'
import type { Incident, Label } from './incidents/incident.ts'
import type { Profile } from './profile.ts'
import { simulate } from './simulate.ts'

/** When streams begin unless another moment is asked for: fixed, so that equal arguments write equal files. */
export const USUAL_START: Seconds = Date.UTC(2026, 0, 1) / 1000

const CHUNK = 4_000_000

export interface WriteOptions {
  out: string
  tenants: number
  days: number
  seed: string
  incidents: 'on' | 'off'
  only?: Incident | undefined
  start?: Seconds
  /** Told after each tenant. */
  onTenant?: (written: WrittenTenant) => void
  /** Told of days written, of all tenants together. */
  onProgress?: (days: number) => void
}

export interface WrittenTenant {
  name: string
  file: string
  events: number
  profile: Profile
  labels: readonly Label[]
}

/**
 * Writes a file of events for each tenant, in order of arrival, one JSON event a line; a line that arrived late
 * also carries `received`. Beside them labels.json says what truly went wrong. Equal arguments write equal bytes.
 */
export function writeStreams(options: WriteOptions): WrittenTenant[] {
  const { out, tenants, days, seed, incidents, only, start = USUAL_START } = options
  mkdirSync(out, { recursive: true })
  const width = Math.max(2, String(tenants).length)
  const written: WrittenTenant[] = []
  for (let i = 1; i <= tenants; i++) {
    const name = `tenant-${String(i).padStart(width, '0')}`
    const simulation = simulate({ seed: `${seed}/${i}`, name, days, start, incidents, only })
    const file = join(out, `${name}.jsonl`)
    const onDay = (day: number): void => options.onProgress?.((i - 1) * days + day)
    const events = writeLines(file, simulation.events, (at) => onDay((at - start) / 86_400))
    const { profile, labels } = simulation
    written.push({ name, file, events, profile, labels })
    options.onTenant?.({ name, file, events, profile, labels })
  }
  writeFileSync(join(out, 'labels.json'), `${JSON.stringify(truth(options, start, written), null, 2)}\n`)
  return written
}

/** One event a line, in order of arrival. @returns how many */
export function writeLines(
  file: string,
  arrivals: Iterable<Arrival>,
  onTime: (at: Seconds) => void = () => {},
): number {
  const handle = openSync(file, 'w')
  let count = 0
  try {
    let chunk = ''
    for (const { event, received } of arrivals) {
      chunk += `${JSON.stringify(received === undefined ? event : { ...event, received })}\n`
      count++
      onTime(event.created)
      if (chunk.length > CHUNK) {
        writeSync(handle, chunk)
        chunk = ''
      }
    }
    writeSync(handle, chunk)
  } finally {
    closeSync(handle)
  }
  return count
}

function truth(
  { seed, days, incidents }: WriteOptions,
  start: Seconds,
  written: readonly WrittenTenant[],
): unknown {
  return {
    seed,
    start,
    days,
    incidents,
    tenants: written.map(({ name, events, profile, labels }) => ({
      name,
      file: `${name}.jsonl`,
      events,
      profile: {
        business: profile.business,
        zone: profile.zone,
        apiVersion: profile.apiVersion,
        paymentsADay: Math.round(profile.paymentsADay),
        currencies: profile.currencies.map(([code]) => code),
        declineRate: Number(profile.declineRate.toFixed(3)),
      },
      labels,
    })),
  }
}
