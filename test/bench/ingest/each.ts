import { z } from 'zod'
import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { servePlainly } from './plain-server.ts'

/** What is often built: for each delivery look whether it is known, insert it, commit. The same driver, as durable as ours. */
const connection = new Driver(process.argv[3] ?? '')
connection.pragma('journal_mode = WAL')
connection.pragma('synchronous = FULL')
connection.exec(
  'CREATE TABLE event (tenant TEXT, id TEXT, type TEXT, created INTEGER, payload BLOB, PRIMARY KEY (tenant, id))',
)
const known = connection.prepare('SELECT 1 FROM event WHERE tenant = ? AND id = ?')
const insert = connection.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?)')
const head = z.object({ id: z.string(), type: z.string(), created: z.number() })

servePlainly(JSON.parse(process.argv[2] ?? '[]'), (token, body) => {
  const { id, type, created } = head.parse(JSON.parse(body.toString()))
  if (known.get(token, id) !== undefined) return false
  insert.run(token, id, type, created, body)
  return true
})
