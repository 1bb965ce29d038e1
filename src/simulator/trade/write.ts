import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type WrittenTenant, writeLines } from '../write.ts'
import type { Business } from './business.ts'
import { simulateTrade } from './simulate.ts'

export interface WriteTradeOptions {
  out: string
  businesses: readonly Business[]
  /** Default: as many as each business has. */
  days?: number | undefined
  seed: string
  incidents: 'on' | 'off'
  /** Called after each business. */
  onTenant?: (written: WrittenTenant) => void
}

/**
 * Writes a file of events for each business, in order of arrival, one JSON event a line; a line that arrived late
 * also carries `received`. Beside them labels.json says what truly went wrong. Equal arguments write equal bytes.
 */
export function writeTrade(options: WriteTradeOptions): WrittenTenant[] {
  const { out, businesses, days, seed, incidents } = options
  mkdirSync(out, { recursive: true })
  const truth: unknown[] = []
  const written = businesses.map((business) => {
    const simulation = simulateTrade({ seed, business, days, incidents })
    const { profile, place, start, labels, learning } = simulation
    const file = join(out, `${business.name}.jsonl`)
    const events = writeLines(file, simulation.events)
    truth.push({
      name: business.name,
      about: business.about,
      file: `${business.name}.jsonl`,
      events,
      start,
      days: simulation.days,
      profile: {
        ...place,
        apiVersion: profile.apiVersion,
        paymentsADay: Math.round(profile.paymentsADay),
        declineRate: Number(profile.declineRate.toFixed(3)),
      },
      labels,
      learning,
    })
    const tenant = { name: business.name, file, events, profile, labels }
    options.onTenant?.(tenant)
    return tenant
  })
  writeFileSync(join(out, 'labels.json'), `${JSON.stringify({ seed, incidents, tenants: truth }, null, 2)}\n`)
  return written
}
