import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { postgresqlBus } from '../../src/bus/postgresql.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { raise } from '../support/anomalies.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { resumeCursor, SOON } from '../support/feed.ts'
import { connect, data, listen, makeTenant, type Served, serveGraphql } from '../support/graphql.ts'

const databaseUrl = await emptyDatabase()
await migrate({ databaseUrl })

/** A server as another process has it: with its own connections, and no bus but the database. */
async function server(): Promise<Served> {
  const database = await openDatabase({ databaseUrl })
  const bus = postgresqlBus(databaseUrl, () => {})
  // Feeds are read without a hint every two minutes: what comes sooner was hinted.
  const served = await serveGraphql(database, { bus, pollMs: 120_000 })
  atEnd(async () => {
    await served.stop()
    await bus.close()
    await database.close()
  })
  return served
}

describe.skipIf(engine === 'sqlite')('two processes with PostgreSQL alone', () => {
  test('tell each other that a feed has grown', async () => {
    const database = await openDatabase({ databaseUrl })
    onTestFinished(() => database.close())
    const [one, other] = [await server(), await server()]
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const after = await resumeCursor(one, tenant.key)
    const changed = listen(
      connect(other, tenant.key),
      'subscription($after: String) { anomalyChanged(after: $after) { kind } }',
      { after },
    )
    const act = (name: string) =>
      data(one, tenant.key, `mutation($id: ID!) { ${name}(input: {id: $id}) { anomaly { id } } }`, { id })
    // Until it is known to be live; from then on an act on the one reaches it on the other.
    await vi.waitFor(async () => {
      await act('acknowledgeAnomaly')
      await act('reopenAnomaly')
      await vi.waitFor(() => expect(changed.received.length).toBeGreaterThan(0), { timeout: 500 })
    }, SOON)
    const before = changed.received.length
    await act('acknowledgeAnomaly')
    await vi.waitFor(() => expect(changed.received.length).toBeGreaterThan(before), SOON)
  })
})
