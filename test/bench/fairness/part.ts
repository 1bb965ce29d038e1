import { type Greed, quantile, Shop } from '../../faults/greed.ts'
import { median } from '../figures.ts'
import { machineName } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'

const TARGET_MS = 250

/** Deliveries to one tenant while another asks for all that its limits allow, beside the same without it. */
export const fairness: Part = {
  name: 'fairness',
  about: 'deliveries to one tenant while another asks for all that its limits allow',
  run: measure,
}

async function measure({ quick, say }: BenchOptions): Promise<PartReport> {
  const shop = await Shop.open()
  try {
    const seconds = quick ? 3 : 10
    await shop.measure(2, false)
    const rounds: { alone: Greed; beside: Greed; again: Greed }[] = []
    for (let number = 1; number <= (quick ? 1 : 5); number++) {
      const alone = await shop.measure(seconds, false)
      const beside = await shop.measure(seconds, true)
      const again = await shop.measure(seconds, false)
      rounds.push({ alone, beside, again })
      say(`round ${number}: p99 ${p99(beside).toFixed(0)} ms beside greed, ${p99(alone).toFixed(0)} ms alone`)
    }
    return report(rounds)
  } finally {
    await shop.close()
  }
}

const p99 = ({ deliveries }: Greed): number => quantile(deliveries, 0.99)

function report(rounds: readonly { alone: Greed; beside: Greed; again: Greed }[]): PartReport {
  const row = (name: string, of: (round: (typeof rounds)[number]) => Greed): string[] => [
    name,
    median(rounds.map((round) => quantile(of(round).deliveries, 0.5))).toFixed(1),
    median(rounds.map((round) => p99(of(round)))).toFixed(1),
    median(rounds.map((round) => quantile(of(round).health, 0.99))).toFixed(1),
    String(median(rounds.map((round) => of(round).served))),
    String(median(rounds.map((round) => of(round).limited))),
  ]
  const worst = Math.max(...rounds.map(({ beside }) => p99(beside)))
  return {
    title: "One tenant's deliveries beside another that asks for all that its limits allow (SQLite)",
    columns: ['deliveries', 'p50 ms', 'p99 ms', 'healthz p99', 'served', 'limited'],
    rows: [
      row('alone', ({ alone }) => alone),
      row('beside a greedy tenant', ({ beside }) => beside),
      row('alone again (null check)', ({ again }) => again),
    ],
    notes: [
      `target: p99 under ${TARGET_MS} ms; the worst of ${rounds.length} rounds was ${worst.toFixed(1)} ms`,
      `20 deliveries and 20 operations a second; ${machineName()}, not pinned: load and server share the CPUs`,
    ],
    targets: [atMost('p99 of deliveries beside a greedy tenant', TARGET_MS, worst, 'ms')],
    data: {
      targetMs: TARGET_MS,
      worstP99Ms: worst,
      rounds: rounds.map(({ alone, beside, again }) => ({
        alone: p99(alone),
        beside: p99(beside),
        again: p99(again),
      })),
    },
  }
}
