import { expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { killWhileAlerting } from '../support/alert-kills.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { bundleProgram } from '../support/servers.ts'

it('every alert arrives in order, and again under its own webhook-id alone, when servers are killed while they send', {
  timeout: 300_000,
}, async () => {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  const program = await bundleProgram(`billingwatch-alerts-${engine}`)
  const several = engine === 'postgresql'
  const figures = await killWhileAlerting(database, databaseUrl, program, {
    kills: 4,
    anomalies: 16,
    failing: 0.3,
    servers: several ? 2 : 1,
    channels: several ? 2 : 1,
  })
  expect(figures).toMatchObject({ missing: [], disordered: [], renamed: [] })
  expect(figures.requests).toBeGreaterThan(16)
})
