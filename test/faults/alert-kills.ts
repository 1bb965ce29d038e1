import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { killWhileAlerting } from '../support/alert-kills.ts'
import { bundleProgram } from '../support/servers.ts'
import type { Check, Fault } from './fault.ts'

const LONG = { kills: 100, anomalies: 500, failing: 0.3 }
const SHORT = { kills: 5, anomalies: 25, failing: 0.3 }

/** The server is killed at any instant while alerts go to a receiver that refuses three of ten. */
export const alertKills: Fault = {
  name: 'alerts',
  description: 'a server on SQLite is killed again and again while it sends alerts',
  missing: async () => undefined,
  async run({ short, say }): Promise<Check[]> {
    const plan = short ? SHORT : LONG
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-'))
    const databaseUrl = `file:${join(folder, 'test.db')}`
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    try {
      say(`${plan.kills} kills while ${plan.anomalies} anomalies are raised`)
      const program = await bundleProgram('billingwatch-alerts-fault')
      const { requests, repeats, missing, disordered, renamed } = await killWhileAlerting(
        database,
        databaseUrl,
        program,
        plan,
      )
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
      await rm(folder, { recursive: true, force: true })
    }
  },
}
