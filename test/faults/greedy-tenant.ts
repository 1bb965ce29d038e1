import type { Check, Fault, FaultOptions } from './fault.ts'
import { quantile, Shop } from './greed.ts'

const MOST_MS = 250

/** One tenant asks for the most expensive pages as often as its limits allow. */
export const greedyTenant: Fault = {
  name: 'greedy-tenant',
  description: 'one of two tenants asks for all that its limits allow; the deliveries of the other go on',
  missing: async () => undefined,
  run: async ({ short, say }: FaultOptions): Promise<Check[]> => {
    const shop = await Shop.open()
    try {
      const seconds = short ? 5 : 30
      say(`${seconds} s of greed`)
      const { deliveries, refused, health, served, limited, failed } = await shop.measure(seconds, true)
      const [p50, p99] = [quantile(deliveries, 0.5), quantile(deliveries, 0.99)]
      const healthP99 = quantile(health, 0.99)
      return [
        {
          what: "all of the other tenant's deliveries are answered 200",
          ok: refused === 0 && deliveries.length > 0,
          seen: `${deliveries.length} deliveries, ${refused} refused`,
        },
        {
          what: `they take less than ${MOST_MS} ms at p99`,
          ok: p99 < MOST_MS,
          seen: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
        },
        {
          what: `healthz takes less than ${MOST_MS} ms at p99`,
          ok: healthP99 < MOST_MS,
          seen: `${healthP99.toFixed(0)} ms`,
        },
        {
          what: 'the greedy tenant is served, or told that it is limited',
          ok: served > 0 && failed === 0,
          seen: `${served} served, ${limited} limited, ${failed} failed`,
        },
      ]
    } finally {
      await shop.close()
    }
  },
}
