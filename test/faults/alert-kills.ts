import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { type KillPlan, killWhileAlerting } from '../support/alert-kills.ts'
import { createServerDatabase } from '../support/postgres-server.ts'
import { bundleProgram } from '../support/servers.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { missingPostgres } from './rig.ts'

const LONG = { kills: 100, anomalies: 500, failing: 0.3 }
const SHORT = { kills: 5, anomalies: 25, failing: 0.3 }

/** The server is killed at any instant while alerts go to a receiver that refuses three of ten. */
export const alertKills: Fault = {
  name: 'alerts',
  description: 'a server on SQLite is killed again and again while it sends alerts',
  missing: async () => undefined,
  async run(options) {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-'))
    const url = `file:${join(folder, 'test.db')}`
    return run(url, () => rm(folder, { recursive: true, force: true }), { servers: 1, channels: 1 }, options)
  },
}

/** The same with several servers: what one leaves behind, another one sends. */
export const alertKillsShared: Fault = {
  name: 'alerts-shared',
  description: 'servers on PostgreSQL are killed in turn while all of them send alerts',
  missing: missingPostgres,
  async run(options) {
    const { url, drop } = await createServerDatabase()
    return run(url, drop, { servers: 3, channels: 4 }, options)
  },
}

async function run(
  databaseUrl: string,
  drop: () => Promise<void>,
  shape: Pick<KillPlan, 'servers' | 'channels'>,
  { short, say }: FaultOptions,
): Promise<Check[]> {
  const plan = { ...(short ? SHORT : LONG), ...shape }
  try {
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    try {
      say(`${plan.kills} kills while ${plan.anomalies} anomalies are raised`)
      const program = await bundleProgram('billingwatch-alerts-fault')
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
