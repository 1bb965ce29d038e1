import type { Fact } from '../../stripe/facts.ts'
import { bounded } from '../../stripe/money.ts'
import type { Seconds } from '../../time.ts'
import { METRIC_SLOT, type MetricDelta } from './memory.ts'

/** One absurd amount must not keep a slot from being saved. */
function add(bucket: MetricDelta, sum: 'revenue' | 'refunds', amount: number): void {
  bucket[sum] = bounded(bucket[sum] + amount)
}

/** Counts facts by stream, quarter of an hour and currency. Facts are reported once each, so the sums are right in any order. */
export class Tally {
  readonly #deltas = new Map<string, MetricDelta>()

  countEvent(stream: string, at: Seconds): void {
    this.#bucket(stream, at, '').events += 1
  }

  count(stream: string, facts: readonly Fact[]): void {
    for (const fact of facts) {
      switch (fact.kind) {
        case 'chargeSucceeded':
          this.#bucket(stream, fact.at, fact.currency).chargesSucceeded += 1
          break
        case 'chargeCaptured':
          add(this.#bucket(stream, fact.at, fact.currency), 'revenue', fact.amount)
          break
        case 'chargeFailed':
          this.#bucket(stream, fact.at, fact.currency).chargesFailed += 1
          add(this.#bucket(stream, fact.at, fact.currency), 'revenue', -fact.reversed)
          break
        case 'refunded':
          add(this.#bucket(stream, fact.at, fact.currency), 'refunds', fact.amount)
          break
        case 'disputeOpened':
          if (!fact.inquiry) this.#bucket(stream, fact.at, fact.currency).disputes += 1
          break
      }
    }
  }

  deltas(): MetricDelta[] {
    return [...this.#deltas.values()]
  }

  #bucket(stream: string, at: Seconds, currency: string): MetricDelta {
    const slot = Math.floor(at / METRIC_SLOT)
    const id = `${stream} ${slot} ${currency}`
    let bucket = this.#deltas.get(id)
    if (bucket === undefined) {
      bucket = {
        stream,
        slot,
        currency,
        events: 0,
        chargesSucceeded: 0,
        chargesFailed: 0,
        disputes: 0,
        revenue: 0,
        refunds: 0,
      }
      this.#deltas.set(id, bucket)
    }
    return bucket
  }
}
