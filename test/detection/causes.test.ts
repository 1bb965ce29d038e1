import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import { type DetectorName, SEVERITIES, type Severity } from '../../src/detection/detector.ts'
import { IncidentGrouper } from '../../src/detection/engine/grouping.ts'
import type { Operation } from '../../src/detection/engine/judge.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { finding } from '../support/detectors.ts'

const detectorOf = (name: DetectorName) => {
  const found = DETECTORS.find((detector) => detector.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

const sign = (
  name: DetectorName,
  at: Seconds,
  severity: Severity = 'CRITICAL',
  startedAt = at - HOUR,
): Operation => ({
  detector: detectorOf(name),
  key: '',
  at,
  said: { finding: finding('', { severity, startedAt }) },
})

const end = (name: DetectorName, at: Seconds): Operation => ({
  detector: detectorOf(name),
  key: '',
  at,
  said: { ending: { fingerprint: '', at } },
})

function grouped(operations: readonly Operation[]) {
  let id = 0
  const grouper = new IncidentGrouper({
    calendar: UTC_CALENDAR,
    incidents: [],
    raised: new Map(),
    newId: () => `anm_${++id}`,
    origin: 'LIVE',
    wall: new Date(0),
  })
  for (const operation of operations) grouper.add(operation)
  return grouper.takeChanges().map(({ incident }) => incident)
}

const START = 10 * DAY
const links = (operations: readonly Operation[]) =>
  grouped(operations).map(({ detector, severity, grouping }) => [detector, severity, grouping.causes ?? []])

describe('one cause is one alarm', () => {
  it.each<[string, Operation[], unknown]>([
    [
      'a silence carries the drop in revenue of its hours',
      [sign('WEBHOOK_LAG', START), sign('REVENUE_DROP', START + 3 * HOUR, 'CRITICAL', START)],
      [
        ['WEBHOOK_LAG', 'CRITICAL', []],
        ['REVENUE_DROP', 'MEDIUM', ['anm_1']],
      ],
    ],
    [
      'a drop that is raised first carries the silence',
      [sign('REVENUE_DROP', START, 'HIGH'), sign('WEBHOOK_LAG', START + HOUR)],
      [
        ['REVENUE_DROP', 'HIGH', []],
        ['WEBHOOK_LAG', 'MEDIUM', ['anm_1']],
      ],
    ],
    [
      'failing payments explain less revenue',
      [sign('CHARGE_FAILURE_SPIKE', START), sign('REVENUE_DROP', START + 3 * HOUR, 'HIGH', START)],
      [
        ['CHARGE_FAILURE_SPIKE', 'CRITICAL', []],
        ['REVENUE_DROP', 'MEDIUM', ['anm_1']],
      ],
    ],
    [
      'failing payments that are seen later explain it too, and lower nothing',
      [sign('REVENUE_DROP', START, 'HIGH'), sign('CHARGE_FAILURE_SPIKE', START + HOUR)],
      [
        ['REVENUE_DROP', 'HIGH', ['anm_2']],
        ['CHARGE_FAILURE_SPIKE', 'CRITICAL', []],
      ],
    ],
    [
      'card testing explains failures of its hours',
      [sign('CARD_TESTING', START), sign('CHARGE_FAILURE_SPIKE', START + HOUR)],
      [
        ['CARD_TESTING', 'CRITICAL', []],
        ['CHARGE_FAILURE_SPIKE', 'MEDIUM', ['anm_1']],
      ],
    ],
    [
      'card testing that is long over explains disputes, which are looked at for themselves',
      [sign('CARD_TESTING', START), end('CARD_TESTING', START + HOUR), sign('FRAUD_SPIKE', START + 30 * DAY)],
      [
        ['CARD_TESTING', 'CRITICAL', []],
        ['FRAUD_SPIKE', 'CRITICAL', ['anm_1']],
      ],
    ],
    [
      'what is of other days is of another cause',
      [sign('WEBHOOK_LAG', START), end('WEBHOOK_LAG', START + HOUR), sign('REVENUE_DROP', START + 3 * DAY)],
      [
        ['WEBHOOK_LAG', 'CRITICAL', []],
        ['REVENUE_DROP', 'CRITICAL', []],
      ],
    ],
    [
      'what does not explain each other stays apart',
      [sign('REFUND_SPIKE', START), sign('REVENUE_DROP', START)],
      [
        ['REFUND_SPIKE', 'CRITICAL', []],
        ['REVENUE_DROP', 'CRITICAL', []],
      ],
    ],
  ])('%s', (_, operations, expected) => {
    expect(links(operations)).toEqual(expected)
  })

  it('the end of the cause raises nothing, the next sign after it does', () => {
    const until = [
      sign('CHARGE_FAILURE_SPIKE', START),
      sign('REVENUE_DROP', START + HOUR, 'CRITICAL', START),
      end('CHARGE_FAILURE_SPIKE', START + 2 * HOUR),
    ]
    expect(links(until)[1]).toEqual(['REVENUE_DROP', 'MEDIUM', ['anm_1']])
    const after = [...until, sign('REVENUE_DROP', START + 3 * HOUR, 'CRITICAL', START)]
    expect(links(after)[1]).toEqual(['REVENUE_DROP', 'CRITICAL', ['anm_1']])
  })

  it('severity never falls, whatever comes in whatever order', () => {
    const names = [
      'WEBHOOK_LAG',
      'REVENUE_DROP',
      'CHARGE_FAILURE_SPIKE',
      'CARD_TESTING',
      'FRAUD_SPIKE',
    ] as const
    const step = fc.record({
      name: fc.constantFrom(...names),
      severity: fc.constantFrom(...SEVERITIES),
      ends: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const operations = steps.map(({ name, severity, ends }, index) =>
          ends ? end(name, START + index * HOUR) : sign(name, START + index * HOUR, severity),
        )
        const former = new Map<string, number>()
        for (let length = 1; length <= operations.length; length++) {
          for (const { id, severity } of grouped(operations.slice(0, length))) {
            expect(SEVERITIES.indexOf(severity)).toBeGreaterThanOrEqual(former.get(id) ?? 0)
            former.set(id, SEVERITIES.indexOf(severity))
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
