import type { Scope } from '../storage/scope/scope.ts'
import { HOUR } from '../time.ts'

export interface StalledImport {
  connectionId: string
  endpointId: string
  since: Date
  /** A sentence. */
  why: string
}

/** Imports that have not got on for an hour: until then deliveries of their tenant may wait, from then on they are judged without the past. */
export async function stalledImports({ db, tenantId }: Scope, now: Date): Promise<StalledImport[]> {
  const connections = await db.stripeConnection.findMany({ where: { tenantId, reconcileAt: null } })
  if (connections.length === 0) return []
  const jobs = await db.importJob.findMany({
    where: {
      tenantId,
      connectionId: { in: connections.map(({ id }) => id) },
      state: { in: ['RUNNING', 'FAILED'] },
      updatedAt: { lt: new Date(now.getTime() - HOUR * 1_000) },
    },
    orderBy: { updatedAt: 'desc' },
  })
  return connections.flatMap(({ id: connectionId, endpointId }) => {
    const job = jobs.find((one) => one.connectionId === connectionId)
    if (job === undefined) return []
    return [{ connectionId, endpointId, since: job.updatedAt, why: job.error ?? 'No server works on it.' }]
  })
}
