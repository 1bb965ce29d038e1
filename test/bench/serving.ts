import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** CPU seconds and bytes of memory of a process under test: all, what V8 has of it, what of that is in use, and buffers. */
export const usageShape = z.object({
  cpu: z.number(),
  rss: z.number(),
  heapTotal: z.number(),
  heapUsed: z.number(),
  external: z.number(),
})
export type Usage = z.infer<typeof usageShape>

export function usage(): Usage {
  const { user, system } = process.cpuUsage()
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
  return { cpu: (user + system) / 1e6, rss, heapTotal, heapUsed, external }
}

/** What a message asks for. */
type Work = (message: unknown) => unknown

/**
 * Answers every message with what this process has used so far.
 * @param work done before it answers
 */
export function answerUsage(work: Work = () => {}): void {
  process.on('message', (message) => {
    void (async () => {
      await work(message)
      process.send?.(usage())
    })()
  })
  // A profile (`node --cpu-prof`) is written only by a process that ends of itself.
  process.on('SIGTERM', () => process.exit(0))
  // Whoever measures was killed.
  process.on('disconnect', () => process.exit(0))
}

/** Listens on a free port, tells it, and from then on answers messages as `answerUsage` does. */
export function serveBench(server: Server, work?: Work): void {
  answerUsage(work)
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
}
