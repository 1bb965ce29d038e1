import { expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { killWhileAlerting } from '../support/alert-kills.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { bundleProgram } from '../support/servers.ts'

// The long form, of a hundred kills, is `npm run test:faults -- alerts`. On PostgreSQL a lease of a process that died
// runs out after a minute.
it.runIf(engine === 'sqlite')(
  'kill -9 while alerts are sent loses none, repeats under the same id alone, and keeps their order',
  async () => {
    const program = await bundleProgram('billingwatch-alerts')
    const databaseUrl = await emptyDatabase()
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    try {
      const figures = await killWhileAlerting(database, databaseUrl, program, {
        kills: 4,
        anomalies: 10,
        failing: 0.3,
      })
      expect(figures).toMatchObject({ missing: [], disordered: [], renamed: [] })
      expect(figures.requests).toBeGreaterThan(10)
    } finally {
      await database.close()
    }
  },
  240_000,
)
