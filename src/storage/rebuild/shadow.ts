import { z } from 'zod'
import type { ChangedIncident, Incident } from '../../detection/engine/incident.ts'
import type { Stream, StreamOutcome } from '../../detection/engine/memory.ts'
import { changingColumns, fixedColumns, toIncident } from '../detection/incident-row.ts'
import { saveHeld, saveStates } from '../detection/saving.ts'
import { type Reader, text, type Writer } from '../sql.ts'

/**
 * A rebuild keeps what it remembers beside what goes on judging, under a name of its own for each stream: deliveries know
 * the ids of streams alone, so neither meets the other.
 */
export const shadowOf = (stream: string): string => `rebuild:${stream}`

/** An incident that a rebuild has found. */
export interface RebuiltIncident {
  incident: Incident
  /** Of the stream that it is about. */
  stream: string
  place: number
  stripeIds: string[]
  /** Ids of rebuilt incidents that explain it. */
  causes: string[]
}

const written = z.object({
  columns: z.record(z.string(), z.unknown()),
  stripeIds: z.array(z.string()),
  causes: z.array(z.string()),
})

export async function readRebuilt(sql: Reader, tenantId: string): Promise<RebuiltIncident[]> {
  const rows = await sql.all(
    'SELECT "stream", "place", "data" FROM "RebuiltIncident" WHERE "tenantId" = ? ORDER BY "place"',
    [tenantId],
  )
  return rows.flatMap((row) => {
    const { columns, stripeIds, causes } = written.parse(JSON.parse(text(row['data'])))
    const incident = toIncident(columns)
    if (incident === undefined) return []
    return [{ incident, stream: text(row['stream']), place: Number(row['place']), stripeIds, causes }]
  })
}

/** Adds what a batch has changed; what it has not stays as it was read. */
export function takeIncidents(
  known: Map<string, RebuiltIncident>,
  stream: string,
  changed: readonly ChangedIncident[],
): RebuiltIncident[] {
  return changed.map(({ incident, stripeIds, causes = [] }) => {
    const one = known.get(incident.id) ?? { incident, stream, place: known.size, stripeIds: [], causes: [] }
    known.set(incident.id, one)
    one.incident = incident
    one.stripeIds = [...new Set([...one.stripeIds, ...stripeIds])]
    one.causes = [...new Set([...one.causes, ...causes])]
    return one
  })
}

export async function saveRebuilt(
  tx: Writer,
  tenantId: string,
  changed: readonly RebuiltIncident[],
  streams: ReadonlyMap<string, Stream>,
  wall: Date,
): Promise<void> {
  await tx.insert(
    {
      table: 'RebuiltIncident',
      columns: ['tenantId', 'id', 'place', 'stream', 'data'],
      conflict: '("tenantId", "id") DO UPDATE SET "data" = excluded."data"',
    },
    changed.flatMap(({ incident, stream, place, stripeIds, causes }) => {
      const about = streams.get(stream)
      if (about === undefined) return []
      const columns = { ...fixedColumns(incident, about), ...changingColumns(incident, wall) }
      return [[tenantId, incident.id, place, stream, writtenAs({ columns, stripeIds, causes })]]
    }),
  )
}

/** Amounts are large integers, which JSON has none of: they are read as numbers again. */
const writtenAs = (data: object): string =>
  JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

/** The states and held events that a batch left behind. */
export async function saveShadow(
  tx: Writer,
  tenantId: string,
  { stream, states, held }: StreamOutcome,
): Promise<void> {
  await saveStates(tx, tenantId, shadowOf(stream.id), states.changes())
  await saveHeld(tx, tenantId, shadowOf(stream.id), held)
}
