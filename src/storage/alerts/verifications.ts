import type { Database } from '../database.ts'
import { integer } from '../sql.ts'

/** How many mails have asked an address since a time, whichever tenants sent them and in whichever case it was written. */
export async function verificationsOf(
  { sql }: Pick<Database, 'sql'>,
  address: string,
  since: Date,
): Promise<number> {
  const [row] = await sql.all(
    'SELECT COUNT(*) AS "count" FROM "AlertVerification" WHERE LOWER("address") = LOWER(?) AND "sentAt" > ?',
    [address, since],
  )
  return integer(row?.['count'])
}
