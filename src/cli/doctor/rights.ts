import { type DatabaseAddress, isPostgres } from '../../storage/database.ts'
import type { Finding } from './finding.ts'

/** What the logins lack on PostgreSQL, in words for people: before the first migration too. */
export async function checkRights(address: DatabaseAddress): Promise<Finding[]> {
  if (!isPostgres(address.databaseUrl)) return []
  const { lacksOf } = await import('../../storage/postgres/rights.ts')
  const lacks = await lacksOf(address)
  return lacks.map(({ message, advice, harmless }) => ({
    check: 'database',
    level: harmless ? 'notice' : 'problem',
    message,
    advice,
  }))
}
