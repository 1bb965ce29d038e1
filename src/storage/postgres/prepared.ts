import type pg from 'pg'

/** Of the connections that end at the server, and at no pooler: the names of what they have prepared, by its text. */
const byConnection = new WeakMap<pg.ClientBase, Map<string, string>>()

/**
 * Learns whether a connection ends at the server: a pooler, which runs each transaction in whichever session is free,
 * gives its clients process ids of its own. What is prepared in one of its sessions is unknown in the next.
 */
export async function learnWhereItEnds(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  if ('processID' in client && rows[0]?.pid === client.processID) byConnection.set(client, new Map())
}

/** A longer text is a list of many rows, and the next such list has as many as it happens to have. */
const LONGEST = 600

/** Statements that a connection prepares at most: each takes the server some 50 kB. */
const MOST = 200

/** A migration may add a column while we run; the server refuses a prepared statement whose columns are others than they were. */
const ANY_COLUMNS = /^SELECT [*]/

/**
 * Under a name the server reads and plans a statement once a connection, which is half of what a small one costs it.
 * @returns none: it is planned anew each time
 */
export function preparedName(client: pg.ClientBase, text: string): string | undefined {
  if (text.length > LONGEST || ANY_COLUMNS.test(text)) return undefined
  const names = byConnection.get(client)
  const known = names?.get(text)
  if (!names || known !== undefined || names.size >= MOST) return known
  const name = `billingwatch_${names.size}`
  names.set(text, name)
  return name
}
