import { createServer } from 'node:http'
import { z } from 'zod'
import { narrowingOf, whereOf } from '../../../src/anomalies/filter.ts'
import { type AnomalyColumn, readAnomalies } from '../../../src/anomalies/pages.ts'
import type { Scope } from '../../../src/storage/scope/scope.ts'
import type { Value } from '../../../src/storage/sql.ts'
import { prepareReader } from '../../../src/storage/sqlite/connection.ts'
import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { serveBench } from '../serving.ts'
import { COLUMNS, ROWS, STATEMENT, VARIABLES } from './query.ts'

/**
 * The bare limit: the body is taken but not read, the key is only looked up in memory, the rows go out as they came.
 * With `ours` as its last argument it has the product's statement instead of the plain one.
 */
const [, , file = '', listed = '[]', whose = 'plain'] = process.argv
const readers = z.array(z.object({ tenantId: z.string(), key: z.string() })).parse(JSON.parse(listed))
const tenantOf = new Map(readers.map(({ tenantId, key }) => [`Bearer ${key}`, tenantId]))
const connection = new Driver(file, { readonly: true })
prepareReader(connection)
const { text, valuesOf } =
  whose === 'ours'
    ? await productStatement()
    : { text: STATEMENT, valuesOf: (tenantId: string) => [tenantId] }
const page = connection.prepare<unknown[]>(text)

serveBench(
  createServer((req, res) => {
    req.on('data', () => {})
    req.on('end', () => {
      const nodes = page.all(...valuesOf(tenantOf.get(req.headers.authorization ?? '') ?? ''))
      const body = JSON.stringify({ data: { anomalies: { nodes } } })
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      res.end(body)
    })
  }),
)

/** The statement that the product makes of the same filter, taken from it without a database. */
async function productStatement() {
  const TENANT = 'whoever asks'
  let made: { text: string; values: readonly Value[] } = { text: '', values: [] }
  const scope: Pick<Scope, 'tenantId' | 'sql'> = {
    tenantId: TENANT,
    sql: {
      all: async () => [],
      tuples: async (text, values = []) => {
        made = { text, values }
        return []
      },
      write: () => Promise.reject(new Error('nothing is written here')),
    },
  }
  const filter = VARIABLES.filter
  const columns: readonly AnomalyColumn[] = COLUMNS
  await readAnomalies(
    scope,
    columns,
    { where: await whereOf(scope, filter), upTo: 1_000_000_000n, narrowing: narrowingOf(filter) },
    {
      order: { field: 'RECORDED_AT', direction: 'DESC' },
      after: undefined,
      before: undefined,
      backward: false,
      take: ROWS + 1,
    },
  )
  const { text, values } = made
  return {
    text,
    valuesOf: (tenantId: string): unknown[] => values.map((value) => (value === TENANT ? tenantId : value)),
  }
}
