import type { Check, Fault, FaultOptions } from './fault.ts'
import { quantile, Shop } from './greed.ts'

/** Milliseconds that Stripe, and whoever asks whether a process is alive, wait at least. How long it takes is measured by `npm run bench -- fairness`. */
const WAITS_MS = { delivery: 10_000, health: 5_000 }

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
      const [slowest, healthSlowest] = [Math.max(...deliveries), Math.max(...health)]
      return [
        {
          what: "all of the other tenant's deliveries are answered 200",
          ok: refused === 0 && deliveries.length > 0,
          seen: `${deliveries.length} deliveries, ${refused} refused`,
        },
        {
          what: 'none of them takes longer than Stripe waits',
          ok: slowest < WAITS_MS.delivery,
          seen: `half within ${quantile(deliveries, 0.5).toFixed(0)} ms, the slowest after ${slowest.toFixed(0)} ms`,
        },
        {
          what: 'healthz answers in time',
          ok: healthSlowest < WAITS_MS.health,
          seen: `the slowest after ${healthSlowest.toFixed(0)} ms`,
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
