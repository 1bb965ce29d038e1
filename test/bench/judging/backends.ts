import { readFileSync } from 'node:fs'
import pg from 'pg'

const TICKS_PER_SECOND = 100

/**
 * CPU seconds that the present connections of a PostgreSQL database have used; undefined where it runs on another
 * machine, or the system does not tell. What it does in the background (WAL writer, checkpoints) is not in it.
 */
export async function backendCpu(databaseUrl: string): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    return rows.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
  } catch {
    return undefined
  } finally {
    await client.end()
  }
}

/** The command's name, in brackets, may have spaces in it. */
function cpuOf(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
