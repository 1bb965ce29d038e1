import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { type KillPlan, killWhileAlerting } from '../support/alert-kills.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { missingPostgres, onPostgres, onSqlite, type Place } from './places.ts'
import { ownProgram } from './program.ts'

const LONG = { kills: 100, anomalies: 500, failing: 0.3 }
const SHORT = { kills: 5, anomalies: 25, failing: 0.3 }

/** The server is killed at any instant while alerts go to a receiver that refuses three of ten. */
export const alertKills: Fault = {
  name: 'alerts',
  description: 'a server on SQLite is killed again and again while it sends alerts',
  missing: async () => undefined,
  run: async (options) => run(await onSqlite(), { servers: 1, channels: 1 }, options),
}

/** The same with several servers: what one leaves behind, another one sends. */
export const alertKillsShared: Fault = {
  name: 'alerts-shared',
  description: 'servers on PostgreSQL are killed in turn while all of them send alerts',
  missing: missingPostgres,
  run: async (options) => run(await onPostgres(), { servers: 3, channels: 4 }, options),
}

async function run(
  { url: databaseUrl, drop }: Place,
  shape: Pick<KillPlan, 'servers' | 'channels'>,
  { short, say }: FaultOptions,
): Promise<Check[]> {
  const plan = { ...(short ? SHORT : LONG), ...shape }
  try {
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    try {
      say(`${plan.kills} kills while ${plan.anomalies} anomalies are raised`)
      const program = await ownProgram()
      const figures = await killWhileAlerting(database, databaseUrl, program, plan)
      const { requests, repeats, missing, disordered, renamed } = figures
      const none = (what: string, found: readonly string[]): Check => ({
        what,
        ok: found.length === 0,
        seen: found.length === 0 ? `none of ${requests} requests` : found.slice(0, 5).join(', '),
      })
      return [
        none('alerts that never arrived', missing),
        none('ends that arrived before their beginning', disordered),
        none('repeats under another webhook-id', renamed),
        { what: 'repeats under the same webhook-id', ok: true, seen: String(repeats) },
      ]
    } finally {
      await database.close()
    }
  } finally {
    await drop()
  }
}
