import type { Server } from 'node:http'
import { z } from 'zod'
import { serveBench } from '../serving.ts'

/** Asks a server for its CPU seconds so far, and before that for a push if there is one. */
const serverOrder = z.object({ push: z.unknown().optional() })

/** Listens on a free port, tells it, and from then on obeys orders. */
export const servePushes = (server: Server, push: (message: unknown) => void): void =>
  serveBench(server, (message) => {
    const order = serverOrder.parse(message)
    if (order.push !== undefined) push(order.push)
  })
