import { describe, expect, it } from 'vitest'
import type { DetectorName } from '../../src/detection/detector.ts'
import { FIRINGS } from '../support/firings.ts'
import { Merchant } from '../support/merchant.ts'
import { expectExplained, replaying } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { NEWEST, VERSIONS } from '../support/stripe/versions.ts'

const replay = replaying()

/** Two API versions on either side of the greatest change, others for each history. */
const [OLD, NEW] = [
  VERSIONS.filter((version) => version < '2025-03-31'),
  VERSIONS.filter((version) => version >= '2025-03-31'),
]

/** As much of it as does not name what it was made of. */
const shapeOf = ({
  detector,
  severity,
  status,
  startedAt,
  detectedAt,
  endedAt,
  occurrences,
  impact,
}: Json) => ({
  ...{ detector, severity, status, startedAt, detectedAt, endedAt, occurrences, impact },
})

describe('what goes wrong is found in any version of the API', () => {
  const told = FIRINGS.map((one, i) => [one.detector, one.name, one, i] as const)

  it.each(told)('%s, %s: the same, and nobody else speaks', async (_, __, one, i) => {
    const find = async (version = NEWEST) => {
      const anomalies = await replay(one.history(new Merchant(version)))
      for (const anomaly of anomalies) expectExplained(anomaly)
      return anomalies.map(shapeOf)
    }
    const found = await find(NEW[i % NEW.length])
    const speakers = new Set(found.map(({ detector }) => detector as DetectorName))
    for (const other of one.beside ?? []) speakers.delete(other)
    expect([...speakers]).toEqual([one.detector])
    expect(await find(OLD[i % OLD.length])).toEqual(found)
  })
})
