import type { Database } from '../../src/storage/database.ts'

/** The database, with the text of each raw statement that is read through it. */
export function recordingStatements(database: Database): { database: Database; statements: string[] } {
  const statements: string[] = []
  const sql: Database['sql'] = {
    all: (text, values) => {
      statements.push(text)
      return database.sql.all(text, values)
    },
    tuples: (text, values) => {
      statements.push(text)
      return database.sql.tuples(text, values)
    },
    write: (work) => database.sql.write(work),
  }
  return { database: { ...database, sql }, statements }
}
