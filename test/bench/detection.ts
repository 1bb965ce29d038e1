import { parseArgs } from 'node:util'
import { DETECTOR_NAMES } from '../../src/detection/detector.ts'
import type { Arrival } from '../../src/simulator/event.ts'
import { businessNamed } from '../../src/simulator/trade/registry.ts'
import { stopwatch, toDate } from '../../src/time.ts'
import type { Anomaly } from './detection/anomaly.ts'
import { figuresOf, type Judged } from './detection/figures.ts'
import { type Matching, matchAnomalies } from './detection/matching.ts'
import { judgeByOriginal } from './detection/original.ts'
import { judgeByOurs } from './detection/ours.ts'
import { largestStates } from './detection/states.ts'
import { allMet, renderFigures } from './detection/table.ts'
import { type Bars, barsOf } from './detection/targets.ts'
import { type Choice, type Stream, WORLDS, type World } from './detection/worlds.ts'
import { renderReport } from './part.ts'

const USAGE = `npm run bench:detection -- [--world first|second|both] [--quick] [--seeds a,b,c] [--tenants N]
                            [--business name,name] [--days D] [--mistakes] [--json]
       npm run bench:detection -- --largest-states [--days D]

  --world     tenants without habits (first), kinds of business with theirs (second), or both (default)
  --quick     one seed, judged by the milder targets
  --seeds     which seeds, instead of 101 to 105 and of 201, 202
  --tenants   how many tenants of each seed (20; every kind of business once)
  --business  of the second world: only these kinds of business
  --days      how many days of each tenant (35; as many as the business has)
  --mistakes  name every missed incident and every false alarm
  --json      only the JSON document on standard output
  --largest-states
              what detection remembers of the largest merchant after so many days (14), rather than what it finds

A tenant's name in the list of mistakes is its seed and its number or business: the same two arguments make it again.
Exits with 1 when a target is missed.
`

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'both' },
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    tenants: { type: 'string' },
    business: { type: 'string' },
    days: { type: 'string' },
    mistakes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'largest-states': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const when = (at: number): string => toDate(at).toISOString().slice(0, 16)

const describe = ({
  detector,
  severity,
  startedAt,
  detectedAt,
  title,
  message,
  customerId,
}: Anomaly): string =>
  `${detector} ${severity} ${when(detectedAt)} since ${when(startedAt)} ${customerId ?? ''} ${title} | ${message}`

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

/** One world, judged by our detection and by the original's rules. */
class Run {
  readonly #ours: Judged[] = []
  readonly #original: Judged[] = []
  #events = 0
  #milliseconds = 0

  constructor(
    readonly world: World,
    private readonly bars: Bars,
  ) {}

  async judge({ tenant, about, zone, start, days, labels, learning, arrivals }: Stream): Promise<void> {
    let events = 0
    const counted = function* (): Generator<Arrival> {
      for (const arrival of arrivals()) {
        events++
        yield arrival
      }
    }
    const began = stopwatch()
    const raised = await judgeByOurs(counted(), zone)
    this.#milliseconds += stopwatch() - began
    this.#events += events
    const matching = matchAnomalies(labels, raised, learning)
    this.#ours.push({ tenant, days, matching })
    const original = matchAnomalies(labels, judgeByOriginal(arrivals(), start), learning)
    this.#original.push({ tenant, days, matching: original })
    process.stderr.write(`${tenant}: ${about}, ${events} events, ${labels.length} incidents\n`)
    if (values.mistakes) for (const line of mistakes(tenant, matching)) process.stderr.write(`  ${line}\n`)
  }

  report() {
    const figures = figuresOf(this.#ours, DETECTOR_NAMES)
    const baseline = figuresOf(this.#original, DETECTOR_NAMES)
    const secondsAMillion = (this.#milliseconds / this.#events) * 1_000
    const text = [
      `The ${this.world.name} world: ${this.world.about}\n`,
      renderFigures(figures, baseline, this.bars),
      `${this.#events} events, simulated, read and judged in ${secondsAMillion.toFixed(0)} s a million\n`,
    ]
    const met = allMet(figures, this.bars)
    return { text: text.join('\n'), met, data: { events: this.#events, met, figures, baseline } }
  }
}

async function run(): Promise<void> {
  const { quick, world, seeds, tenants, days, business, json } = values
  const worlds = WORLDS.filter(({ name }) => world === 'both' || world === name)
  if (worlds.length === 0) throw new RangeError(`no world "${world}"; there are: first, second, both`)
  const document: Record<string, unknown> = {}
  for (const one of worlds) {
    const choice: Choice = {
      seeds: seeds?.split(',') ?? (quick ? one.seeds.slice(0, 1) : one.seeds),
      tenants: tenants === undefined ? undefined : Number(tenants),
      days: days === undefined ? undefined : Number(days),
      businesses: business?.split(',') ?? [],
    }
    const judging = new Run(one, barsOf(one.name, quick))
    for (const stream of one.streams(choice)) await judging.judge(stream)
    const { text, met, data } = judging.report()
    if (!json) process.stdout.write(`${text}\n`)
    if (!met) process.exitCode = 1
    document[one.name] = { quick, seeds: choice.seeds, ...data }
  }
  process.stdout.write(`${JSON.stringify(document, null, json ? 2 : undefined)}\n`)
}

async function remember(): Promise<void> {
  const business = values.business ?? 'giant'
  const report = await largestStates({
    business: businessNamed(business),
    days: Number(values.days ?? 14),
    seed: values.seeds ?? '201',
    say: (line) => process.stderr.write(`${line}\n`),
  })
  if (!values.json) process.stdout.write(`${renderReport(report)}\n`)
  process.stdout.write(`${JSON.stringify(report.data, null, values.json ? 2 : undefined)}\n`)
}

if (values.help) process.stderr.write(USAGE)
else if (values['largest-states']) await remember()
else await run()
