import { expect, vi } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { raise } from './anomalies.ts'
import { data, type Json, type Listening, type Served } from './graphql.ts'

export const DETECTED = `subscription($after: String, $filter: AnomalyFeedFilter) {
  anomalyDetected(after: $after, filter: $filter) { cursor node { id title status } }
}`
export const CHANGED = `subscription($after: String) {
  anomalyChanged(after: $after) { cursor kind anomaly { id status note } }
}`

/** For what comes by itself in well under a second, on a machine that is busy. */
export const SOON = { timeout: 45_000, interval: 20 }

interface Told {
  cursor: string
  node: { id: string }
}

export const told = ({ received }: Listening): Told[] =>
  received.map((data) => data['anomalyDetected'] as Told)

/** Ids of the anomalies that the subscription told of, in its order. */
export const idsOf = (listening: Listening): string[] => told(listening).map(({ node }) => node.id)

export const changesOf = ({ received }: Listening) =>
  received.map((data) => data['anomalyChanged'] as { cursor: string; kind: string; anomaly: Json })

/** Where a subscription goes on from so as to miss nothing from now. */
export async function resumeCursor(at: Served, key: string): Promise<string> {
  const { anomalies } = (await data(at, key, '{ anomalies(first: 1) { resumeCursor } }')) as {
    anomalies: { resumeCursor: string }
  }
  return anomalies.resumeCursor
}

/** Raises anomalies until the subscription, which has no cursor to begin from, is known to stand. */
export async function untilLive(
  database: Database,
  at: Served,
  tenantId: string,
  heard: () => number,
): Promise<void> {
  await vi.waitFor(async () => {
    await raise(database, tenantId, { title: 'are you there' })
    at.bus.publish(`feed:${tenantId}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(heard()).toBeGreaterThan(0)
  }, SOON)
}
