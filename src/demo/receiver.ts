import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const anomaly = z.object({
  severity: z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
  title: z.string(),
  related: z.array(z.object({ title: z.string() })),
})

const body = z.object({
  type: z.string(),
  data: z.union([anomaly, z.object({ anomalies: z.array(anomaly) })]),
})

/** An alert as a receiver of webhooks sees it. */
export interface ReceivedAlert {
  /** E.g. `anomaly.raised`. */
  type: string
  /** One, or those of a digest. */
  anomalies: readonly z.infer<typeof anomaly>[]
}

/** A receiver of alerts, as a customer would run one. */
export interface AlertReceiver {
  /** Where the alerts of a tenant go. */
  urlFor(tenantId: string): string
  close(): Promise<void>
}

/** Listens on loopback, on any port. */
export async function receiveAlerts(
  onAlert: (tenantId: string, alert: ReceivedAlert) => void,
): Promise<AlertReceiver> {
  const server = createServer(async (request, response) => {
    const read = body.safeParse(JSON.parse(await text(request)))
    if (read.success) {
      const { type, data } = read.data
      onAlert((request.url ?? '').slice(1), {
        type,
        anomalies: 'anomalies' in data ? data.anomalies : [data],
      })
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return {
    urlFor: (tenantId) => `http://127.0.0.1:${address.port}/${tenantId}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
