import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** Asks a server for its CPU seconds so far, and before that for a push if there is one. */
export const serverOrder = z.object({ push: z.unknown().optional() })

/** Listens on a free port, tells it, and from then on obeys orders. */
export function servePushes(server: Server, push: (message: unknown) => void): void {
  process.on('message', (message) => {
    const order = serverOrder.parse(message)
    if (order.push !== undefined) push(order.push)
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: (user + system) / 1e6 })
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  // A profile (`node --cpu-prof`) is written only by a process that ends of itself.
  process.on('SIGTERM', () => process.exit(0))
}
