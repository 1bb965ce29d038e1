import { statSync } from 'node:fs'
import { Driver } from './driver.ts'
import { pathOf } from './path.ts'

/** Bytes of the database file. */
export const sizeOf = (url: string): number => statSync(pathOf(url), { throwIfNoEntry: false })?.size ?? 0

/** Of many damages the first few say what is to be done. */
const MOST = 10

/**
 * Reads every page of the file, through a connection of its own, and changes nothing. This takes some seconds a gigabyte.
 * @returns what is damaged, in SQLite's words; nothing when all is well
 */
export function findDamage(url: string): string[] {
  const connection = new Driver(pathOf(url), { readonly: true, timeout: 5_000 })
  try {
    const found = connection.prepare<[], { integrity_check: string }>(`PRAGMA integrity_check(${MOST})`).all()
    return found.map((row) => row.integrity_check).filter((line) => line !== 'ok')
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT'))
      return [error.message]
    throw error
  } finally {
    connection.close()
  }
}
