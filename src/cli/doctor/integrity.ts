import type { Config } from '../../config.ts'
import type { Finding } from './finding.ts'

const GIGABYTE = 1024 ** 3

/** Whether the pages of a SQLite file are sound: whole up to a gigabyte, beyond only when asked for. PostgreSQL has its own tools. */
export async function checkIntegrity({ databaseUrl }: Config, deep: boolean): Promise<Finding[]> {
  if (!databaseUrl.startsWith('file:')) return []
  // The driver is loaded for this engine alone.
  const { findDamage, sizeOf } = await import('../../storage/sqlite/integrity.ts')
  const size = sizeOf(databaseUrl)
  if (size > GIGABYTE && !deep) {
    const message = `not read through: the file has ${(size / GIGABYTE).toFixed(1)} GB`
    return [{ check: 'integrity', level: 'notice', message, advice: 'Run `./billingwatch doctor --deep`.' }]
  }
  const [first, ...others] = findDamage(databaseUrl)
  if (first === undefined) return [{ check: 'integrity', level: 'ok', message: 'every page is sound' }]
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return [
    {
      check: 'integrity',
      level: 'problem',
      message: `the database file is damaged: ${first}${more}`,
      advice:
        'Stop the server, keep a copy of the file with its -wal and -shm, and restore a backup; `sqlite3 FILE .recover` saves what can still be read. Then look at the disk.',
    },
  ]
}
