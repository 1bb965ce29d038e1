import type { Database } from '../../src/storage/database.ts'
import type { Insert, SystemSql, SystemWriter, Transaction, Value } from '../../src/storage/sql.ts'

/** A statement as it was given: its text, and the tenant among its values. */
export interface Counted {
  text: string
  tenantId: string | undefined
}

/** The database to one who counts its statements, those that are only for the system included. */
export function countedDatabase(database: Database): { database: Database; statements: Counted[] } {
  const statements: Counted[] = []
  const note = (text: string, values: readonly Value[] = []): void => {
    const tenants = values.filter((value) => typeof value === 'string' && value.startsWith('ten_'))
    const [tenantId] = tenants
    statements.push({ text, tenantId: typeof tenantId === 'string' ? tenantId : undefined })
  }
  const writer = (tx: SystemWriter): SystemWriter => ({
    enter: (tenantId) => tx.enter(tenantId),
    all: (text, values) => {
      note(text, values)
      return tx.all(text, values)
    },
    run: (text, values) => {
      note(text, values)
      return tx.run(text, values)
    },
    insert: (statement: Insert, rows) => {
      const [first] = rows
      if (first !== undefined) note(`INSERT INTO "${statement.table}"`, first)
      return tx.insert(statement, rows)
    },
  })
  const counted = (sql: SystemSql): SystemSql => ({
    ...sql,
    all: (text, values) => {
      note(text, values)
      return sql.all(text, values)
    },
    write: (work) => sql.write((tx) => work(writer(tx))),
  })
  const open = (tx: Transaction): Transaction => ({
    ...writer(tx),
    commit: () => tx.commit(),
    rollback: () => tx.rollback(),
  })
  return {
    statements,
    database: {
      ...database,
      sql: counted(database.sql),
      sqlFor: (purpose) => counted(database.sqlFor(purpose)),
      begin: async (purpose) => open(await database.begin(purpose)),
    },
  }
}
