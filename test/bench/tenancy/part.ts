import { serverAnswers } from '../../support/postgres-server.ts'
import { machineName } from '../machine.ts'
import type { BenchOptions, Part, PartReport } from '../part.ts'
import { rowLevel, schemaEach } from './layouts.ts'
import { EVENTS_A_TENANT, type Figures, measureLayout } from './measure.ts'

const FULL = { tenants: [100, 1_000, 10_000], operations: 5_000 }
const QUICK = { tenants: [5, 20], operations: 100 }

/** Tenants as rows of shared tables against a schema for each, on PostgreSQL. */
export const tenancy: Part = {
  name: 'tenancy',
  about: 'rows of shared tables against a schema for each tenant, on PostgreSQL',
  takes: 'an hour and 20 GB of disk',
  run: measure,
}

async function measure({ quick, say }: BenchOptions): Promise<PartReport> {
  if (!(await serverAnswers())) throw new Error('No PostgreSQL server answers.')
  const { tenants, operations } = quick ? QUICK : FULL
  const all: Figures[] = []
  for (const count of tenants)
    for (const layout of [rowLevel, schemaEach]) {
      const figures = await measureLayout(layout, count, operations, say)
      say(JSON.stringify(figures))
      all.push(figures)
    }
  return {
    title: 'Rows of shared tables against a schema for each tenant, on PostgreSQL',
    columns: ['', ...all.map(({ layout, tenants: count }) => `${count} ${layout}`)],
    rows: [
      ['ms to make room for a tenant', ...all.map(({ making }) => making.toFixed(1))],
      ['seconds of one more migration', ...all.map(({ migrating }) => migrating.toFixed(2))],
      ['relations', ...all.map(({ relations }) => String(relations))],
      ['MB of catalogue', ...all.map(({ catalogueBytes }) => megabytes(catalogueBytes))],
      ['MB of a connection', ...all.map(({ connectionBytes }) => megabytes(connectionBytes))],
      ['inserts a second', ...all.map(({ insertsASecond }) => insertsASecond.toFixed(0))],
      ['pages of 50 a second', ...all.map(({ pagesASecond }) => pagesASecond.toFixed(0))],
      ['seconds of pg_dump', ...all.map(({ dump }) => (typeof dump === 'number' ? dump.toFixed(1) : 'none'))],
    ],
    notes: [
      ...all.flatMap(({ dump, layout, tenants: count }) =>
        typeof dump === 'number' ? [] : [`no dump of ${count} ${layout}: ${dump}`],
      ),
      `${EVENTS_A_TENANT} events a tenant; ${operations} transactions of one connection, each of another tenant; ${machineName()}`,
      'a schema has all tables and indexes of the product, without foreign keys; in both layouts none is checked',
      'the migration adds a column and an index to the table of events; each schema is a transaction of its own',
      'MB of a connection: all memory contexts of its backend after those transactions',
    ],
    targets: [],
    data: { figures: all },
  }
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
