import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { emptyDatabase, engine, onServer } from '../support/database.ts'
import { ADMIN_KEY, ask, makeTenant, serveGraphql } from '../support/graphql.ts'
import { endSessions, ownLogin } from '../support/postgres-server.ts'
import { introduced } from '../support/raw-socket.ts'

/** A server whose database is closed under it: nothing that it asks is answered any more. */
async function left() {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  const tenant = await makeTenant(database)
  const served = await serveGraphql(database)
  onTestFinished(() => served.stop())
  return { database, tenant, served }
}

const UNAVAILABLE = { extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 5 } }

test('a database that is away when credentials are looked up is 503 with Retry-After, and so is an export', async () => {
  const { database, tenant, served } = await left()
  await database.close()
  const answer = await ask(served, tenant.key, '{ viewer { role } }')
  expect([answer.status, answer.headers.get('retry-after'), answer.errors]).toMatchObject([
    503,
    '5',
    [UNAVAILABLE],
  ])
  const exported = await fetch(`${served.url}/export/anomalies.csv`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  })
  expect([exported.status, exported.headers.get('retry-after'), await exported.json()]).toMatchObject([
    503,
    '5',
    { error: { code: 'UNAVAILABLE' } },
  ])
})

test('a database that goes away in the middle of an operation is 503 with Retry-After, whatever was read', async () => {
  const { database, tenant } = await left()
  // An operator's tenant is looked up without the clock; what follows reads it before its first statement.
  const clock = {
    steady: () => 0,
    now: () => {
      void database.close()
      return new Date()
    },
  }
  const closing = await serveGraphql(database, { clock })
  onTestFinished(() => closing.stop())
  const query = '{ detectors { stats { anomalies } } }'
  const answer = await ask(closing, ADMIN_KEY, query, {}, { 'x-tenant-id': tenant.id })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(answer.errors[0]).toMatchObject(UNAVAILABLE)
  expect(JSON.stringify(answer.errors)).not.toMatch(/sqlite|postgres|prisma/i)
})

/** What a PostgreSQL says that is up and lets nobody in, as while its operator moves or repairs it. */
const refusals: { refusal: string; statement(login: string, database: string): string }[] = [
  { refusal: 'the login', statement: (login) => `ALTER ROLE ${login} NOLOGIN` },
  {
    refusal: 'connections to the database',
    statement: (_, database) => `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`,
  },
]

test.skipIf(engine !== 'postgresql').for(refusals)(
  'a PostgreSQL that refuses $refusal is 503 with Retry-After, before an operation and in it',
  async ({ statement }) => {
    const databaseUrl = await emptyDatabase()
    await migrate({ databaseUrl })
    const login = await ownLogin(databaseUrl)
    onTestFinished(login.drop)
    const database = await openDatabase({ databaseUrl: login.url })
    onTestFinished(() => database.close())
    const tenant = await makeTenant(database)
    const served = await serveGraphql(database)
    onTestFinished(() => served.stop())

    await onServer(statement(login.name, new URL(databaseUrl).pathname.slice(1)))
    await endSessions(databaseUrl)
    const asOperator = { 'x-tenant-id': tenant.id }
    for (const answer of [
      await ask(served, tenant.key, '{ viewer { role } }'),
      await ask(served, ADMIN_KEY, '{ anomalies { totalCount } }', {}, asOperator),
      await ask(served, ADMIN_KEY, '{ tenants { nodes { id } } }'),
      await ask(served, ADMIN_KEY, 'mutation { createTenant(input: { name: "Late" }) { tenant { id } } }'),
    ]) {
      expect([answer.status, answer.headers.get('retry-after'), answer.errors]).toMatchObject([
        503,
        '5',
        [UNAVAILABLE],
      ])
      expect(JSON.stringify(answer.errors)).not.toMatch(/postgres|prisma|log in|accepting/i)
    }
  },
)

test('over a socket it is the same code', async () => {
  const { database, tenant, served } = await left()
  const socket = await introduced(served, tenant.key)
  await database.close()
  socket.send({ id: 'a', type: 'subscribe', payload: { query: '{ anomalies { totalCount } }' } })
  expect(await socket.next('next', 'a')).toMatchObject({
    payload: { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
  })
})
