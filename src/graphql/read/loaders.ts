import type { AnomalyColumn } from '../../anomalies/pages.ts'
import { ANOMALIES, type AnomalyRow, among, EVENTS, type EventRow, readRows } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { Loader } from './loader.ts'
import { Payloads } from './payloads.ts'

/** Batch statements of one operation, so that nothing is cached longer than that. */
export interface Loaders {
  /** Anomalies by id, with these columns of each. */
  anomaly(columns: readonly AnomalyColumn[]): Loader<AnomalyRow>
  /** Events by Stripe's id. */
  event(columns: readonly (keyof EventRow)[]): Loader<EventRow>
  payloads: Payloads
}

export const createLoaders = (scope: Scope): Loaders => ({
  anomaly: perColumns(async (columns, ids) => {
    const selected = [...new Set([...columns, 'id' as const])]
    const rows = await readRows(scope, ANOMALIES, { columns: selected, where: [among('id', ids)] })
    return new Map(rows.map((row) => [row.id, row]))
  }),
  event: perColumns(async (columns, ids) => {
    const selected = [...new Set([...columns, 'stripeId' as const])]
    const rows = await readRows(scope, EVENTS, { columns: selected, where: [among('stripeId', ids)] })
    return new Map(rows.map((row) => [row.stripeId, row]))
  }),
  payloads: new Payloads(scope),
})

/** A loader for each selection of columns: what is looked ahead is the same list each time. */
function perColumns<Column, Row>(
  readAll: (columns: readonly Column[], keys: string[]) => Promise<Map<string, Row>>,
): (columns: readonly Column[]) => Loader<Row> {
  const loaders = new Map<readonly Column[], Loader<Row>>()
  return (columns) => {
    let loader = loaders.get(columns)
    if (!loader) {
      loader = new Loader((keys) => readAll(columns, keys))
      loaders.set(columns, loader)
    }
    return loader
  }
}
