import { parseArgs } from 'node:util'
import { DETECTOR_NAMES } from '../../src/detection/detector.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { USUAL_START } from '../../src/simulator/write.ts'
import { stopwatch, toDate } from '../../src/time.ts'
import type { Anomaly } from './detection/anomaly.ts'
import { figuresOf, type Judged } from './detection/figures.ts'
import { type Matching, matchAnomalies } from './detection/matching.ts'
import { judgeByOriginal } from './detection/original.ts'
import { judgeByOurs } from './detection/ours.ts'
import { allMet, renderFigures } from './detection/table.ts'

const USAGE = `npm run bench:detection -- [--quick] [--seeds a,b,c] [--tenants N] [--days D] [--mistakes] [--json]

  --quick     one seed, judged by the milder targets
  --seeds     which seeds, instead of 101 to 105
  --tenants   how many tenants of each seed (20)
  --days      how many days of each tenant (35)
  --mistakes  name every missed incident and every false alarm
  --json      only the JSON document on standard output

Exits with 1 when a target is missed.
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    tenants: { type: 'string', default: '20' },
    days: { type: 'string', default: '35' },
    mistakes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const when = (at: number): string => toDate(at).toISOString().slice(0, 16)

const describe = ({ detector, detectedAt, title, message, customerId }: Anomaly): string =>
  `${detector} ${when(detectedAt)} ${customerId ?? ''} ${title} | ${message}`

function mistakes(tenant: string, { missed, repeats, falseAlarms }: Matching): string[] {
  return [
    ...missed.map(
      ({ detector, strength, from, to, objects }) =>
        `${tenant} missed  ${detector} ${strength} ${when(from)} to ${when(to)} ${objects?.slice(0, 2).join(' ') ?? ''}`,
    ),
    ...repeats.map((anomaly) => `${tenant} repeat  ${describe(anomaly)}`),
    ...falseAlarms.map((anomaly) => `${tenant} false   ${describe(anomaly)}`),
  ]
}

async function run(): Promise<void> {
  const quick = values.quick
  const seeds = (values.seeds ?? (quick ? '101' : '101,102,103,104,105')).split(',')
  const days = Number(values.days)
  const ours: Judged[] = []
  const original: Judged[] = []
  let events = 0
  let judging = 0
  for (const seed of seeds) {
    for (let i = 1; i <= Number(values.tenants); i++) {
      const tenant = `${seed}/${i}`
      const make = () => simulate({ seed: tenant, name: tenant, days, start: USUAL_START, incidents: 'on' })
      const { labels, profile, events: stream } = make()
      const arrivals = [...stream]
      events += arrivals.length
      const began = stopwatch()
      const said = await judgeByOurs(arrivals)
      judging += stopwatch() - began
      const matching = matchAnomalies(labels, said)
      ours.push({ tenant, days, matching })
      original.push({
        tenant,
        days,
        matching: matchAnomalies(labels, judgeByOriginal(arrivals, USUAL_START)),
      })
      const size = `${profile.business}, ${Math.round(profile.paymentsADay)} payments a day`
      process.stderr.write(`${tenant}: ${size}, ${arrivals.length} events, ${labels.length} incidents\n`)
      if (values.mistakes) for (const line of mistakes(tenant, matching)) process.stderr.write(`  ${line}\n`)
    }
  }
  const figures = figuresOf(ours, DETECTOR_NAMES)
  const baseline = figuresOf(original, DETECTOR_NAMES)
  const perMillion = (judging / events) * 1_000
  const met = allMet(figures, quick)
  if (!values.json) {
    process.stdout.write(`${renderFigures(figures, baseline, quick)}\n`)
    process.stdout.write(`${events} events, read and judged in ${perMillion.toFixed(0)} s a million\n\n`)
  }
  process.stdout.write(
    `${JSON.stringify({ quick, seeds, days, events, met, figures, baseline }, null, values.json ? 2 : undefined)}\n`,
  )
  process.exitCode = met ? 0 : 1
}

if (values.help) process.stderr.write(USAGE)
else await run()
