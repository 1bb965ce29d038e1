import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { z } from 'zod'

const anomaly = z.object({
  id: z.string(),
  detector: z.string(),
  severity: z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
  status: z.string(),
  title: z.string(),
  message: z.string(),
  occurrences: z.number(),
  impact: z.object({ amount: z.number(), currency: z.string(), formatted: z.string() }).nullable(),
  startedAt: z.string(),
  detectedAt: z.string(),
  endedAt: z.string().nullable(),
})

/** An anomaly as a frontend sees it: the fields of GraphQL's `Anomaly`. */
export type WatchedAnomaly = z.infer<typeof anomaly>

const FIELDS = `id detector severity status title message occurrences impact { amount currency formatted }
  startedAt detectedAt endedAt`

const page = z.object({ anomalies: z.object({ resumeCursor: z.string() }) })
const detected = z.object({ anomalyDetected: z.object({ node: anomaly }) })
const changed = z.object({ anomalyChanged: z.object({ kind: z.string(), anomaly }) })

export interface Watching {
  /** Where the server listens, without a slash at the end. */
  url: string
  apiKey: string
  onRaised(anomaly: WatchedAnomaly): void
  /** @param kind an ActivityKind of the schema */
  onChanged(anomaly: WatchedAnomaly, kind: string): void
  /** The server ended a subscription with an error. */
  onError(error: Error): void
}

/**
 * Watches a tenant as a frontend does: reads its `resumeCursor`, then subscribes from there.
 * @returns closes the connection
 */
export async function watch(watching: Watching): Promise<() => Promise<void>> {
  const { url, apiKey, onRaised, onChanged, onError } = watching
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${apiKey}` },
    retryAttempts: 0,
  })
  const after = await resumeCursor(client)
  const broken = (cause: unknown): void =>
    onError(new Error('the server broke a subscription off', { cause }))
  const subscribe = (query: string, next: (data: unknown) => void): void => {
    client.subscribe(
      { query, variables: { after } },
      {
        next: ({ data, errors }) => (errors ? broken(errors[0]) : next(data)),
        error: broken,
        complete: () => {},
      },
    )
  }
  subscribe(
    `subscription ($after: String) { anomalyDetected(after: $after) { node { ${FIELDS} } } }`,
    (data) => onRaised(detected.parse(data).anomalyDetected.node),
  )
  subscribe(
    `subscription ($after: String) { anomalyChanged(after: $after) { kind anomaly { ${FIELDS} } } }`,
    (data) => {
      const change = changed.parse(data).anomalyChanged
      onChanged(change.anomaly, change.kind)
    },
  )
  return async () => client.dispose()
}

async function resumeCursor(client: Client): Promise<string> {
  for await (const { data } of client.iterate({ query: '{ anomalies(first: 1) { resumeCursor } }' }))
    return page.parse(data).anomalies.resumeCursor
  throw new Error('the server closed the connection')
}
