import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import { beforeAll, expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { walledAdapter } from '../../src/storage/postgres/adapter.ts'
import { openRoles } from '../../src/storage/postgres/rights.ts'
import { WalledPool } from '../../src/storage/postgres/session.ts'
import { openFile } from '../../src/storage/sqlite/adapter.ts'
import { pathOf } from '../../src/storage/sqlite/path.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'

const databaseUrl = await emptyDatabase()
let adapter: SqlDriverAdapter
beforeAll(async () => {
  await migrate({ databaseUrl })
  if (engine === 'sqlite') {
    const file = await openFile(pathOf(databaseUrl))
    atEnd(() => file.close())
    adapter = await file.adapter.connect()
    return
  }
  const pool = new WalledPool({ connectionString: databaseUrl, max: 1 }, await openRoles(databaseUrl))
  atEnd(() => pool.end())
  adapter = await (await walledAdapter(pool)).connect()
})

const query = { sql: 'SELECT 1', args: [], argTypes: [] }

it.each(['commit', 'rollback'] as const)(
  'a statement behind the %s of its transaction fails, and disturbs nobody who has the connection next',
  async (end) => {
    const transaction = await adapter.startTransaction()
    await transaction.queryRaw(query)
    const ended = transaction[end]()
    await expect(transaction.executeRaw(query)).rejects.toThrow('behind the end')
    await ended
    await expect(transaction.queryRaw(query)).rejects.toThrow('behind the end')

    const next = await adapter.startTransaction()
    await expect(transaction.executeRaw(query)).rejects.toThrow('behind the end')
    expect((await next.queryRaw(query)).rows).toHaveLength(1)
    await next.commit()
  },
)
