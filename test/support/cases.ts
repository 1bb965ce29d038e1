import { describe, expect, it } from 'vitest'
import type { DetectorName } from '../../src/detection/detector.ts'
import { Merchant } from './merchant.ts'
import { expectExplained, type History, replaying } from './scenarios.ts'
import type { Json } from './stripe/basics.ts'
import { NEWEST } from './stripe/versions.ts'

/** A history as real merchants have them, and the right answer. */
export interface Case {
  /** A sentence: what happened. */
  name: string
  history: History
  /** Only anomalies of these detectors are compared; all of them unless given. */
  about?: readonly DetectorName[]
  /** What the anomalies say, in the order they were raised; `[]`: nothing may be said. */
  says: readonly Json[] | { atMost: number }
}

/** Judges the cases by `billingwatch replay --dry-run`, as a tenant of this place has them. */
export function cases(
  kind: string,
  table: readonly Case[],
  { timezone = 'UTC', country }: { timezone?: string; country?: string } = {},
): void {
  describe(kind, () => {
    const place = ['--timezone', timezone, ...(country === undefined ? [] : ['--country', country])]
    const replay = replaying(place)
    it.each(table.map((one) => [one.name, one] as const))('%s', async (_, { history, about, says }) => {
      const anomalies = (await replay(history(new Merchant(NEWEST)))).filter(
        ({ detector }) => about === undefined || about.some((name) => name === detector),
      )
      for (const anomaly of anomalies) expectExplained(anomaly)
      if ('atMost' in says) expect(anomalies.length, titles(anomalies)).toBeLessThanOrEqual(says.atMost)
      else expect(anomalies, titles(anomalies)).toMatchObject([...says])
    })
  })
}

const titles = (anomalies: readonly Json[]): string =>
  anomalies.map(({ detector, title, startedAt }) => `${detector} ${startedAt}: ${title}`).join('\n')
