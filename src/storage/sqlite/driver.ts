import { createRequire } from 'node:module'
import type BetterSqlite3 from 'better-sqlite3'

export type Connection = BetterSqlite3.Database

const [major = 0] = process.versions.node.split('.').map(Number)

/**
 * better-sqlite3 12 is the last that runs on Node 20, and on Node 24 it ends the process when a statement of its is
 * collected as garbage outside of any call. 13 needs Node 22; both read the same files and have the same functions.
 */
export const Driver: typeof BetterSqlite3 = createRequire(import.meta.url)(
  major >= 22 ? 'better-sqlite3-13' : 'better-sqlite3',
)
