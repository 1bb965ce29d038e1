import type { Anomaly } from '../../generated/sqlite/client.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { Loader } from './loader.ts'
import { Payloads } from './payloads.ts'

/** Batch statements of one operation, so that nothing is cached longer than that. */
export interface Loaders {
  anomaly: Loader<Anomaly>
  payloads: Payloads
}

export const createLoaders = (scope: Pick<Scope, 'db'>): Loaders => ({
  anomaly: new Loader(async (ids) => {
    const rows = await scope.db.anomaly.findMany({ where: { id: { in: ids } } })
    return new Map(rows.map((row) => [row.id, row]))
  }),
  payloads: new Payloads(scope),
})
