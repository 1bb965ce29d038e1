import { createServer } from 'node:http'
import { z } from 'zod'
import { prepareReader } from '../../../src/storage/sqlite/connection.ts'
import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { serveBench } from '../ingest/serving.ts'
import { STATEMENT } from './query.ts'

/** The bare limit: the body is taken but not read, the key is only looked up in memory, the rows go out as they came. */
const [, , file = '', listed = '[]'] = process.argv
const readers = z.array(z.object({ tenantId: z.string(), key: z.string() })).parse(JSON.parse(listed))
const tenantOf = new Map(readers.map(({ tenantId, key }) => [`Bearer ${key}`, tenantId]))
const connection = new Driver(file, { readonly: true })
prepareReader(connection)
const page = connection.prepare(STATEMENT)

serveBench(
  createServer((req, res) => {
    req.on('data', () => {})
    req.on('end', () => {
      const nodes = page.all(tenantOf.get(req.headers.authorization ?? ''))
      const body = JSON.stringify({ data: { anomalies: { nodes } } })
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      res.end(body)
    })
  }),
)
process.on('SIGTERM', () => process.exit(0))
