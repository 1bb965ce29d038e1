import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RaisedIncident } from '../../src/detection/engine/forgetful.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { dryReplay, readHistory } from '../../src/pipeline/replay.ts'
import { incidentNamed } from '../../src/simulator/incidents/registry.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { USUAL_START } from '../../src/simulator/write.ts'
import { toDate } from '../../src/time.ts'
import { draw } from './pictures/svg.ts'

/** Draws what a few simulated incidents looked like against what was expected: the pictures of the README. */
const FOLDER = join(import.meta.dirname, '../../.github/incidents')
const WANTED = ['refund-spike', 'revenue-drop', 'card-testing'] as const
/** Not every subtle incident is told: the first that is gets drawn. */
const SEEDS = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8']

async function incidentOf(name: string, seed: string): Promise<RaisedIncident | undefined> {
  const only = incidentNamed(name)
  const { events, labels } = simulate({ seed, days: 35, start: USUAL_START, incidents: 'on', only })
  const [label] = labels
  if (label === undefined) return undefined
  const lines = (function* () {
    for (const { event, received } of events)
      yield JSON.stringify(received === undefined ? event : { ...event, received })
  })()
  const raised = await dryReplay(
    DETECTORS,
    readHistory(lines, 'whe_picture', () => {}),
    { choices: new Map(), wall: toDate(0) },
  )
  return raised.find(({ incident }) => incident.detector === label.detector && incident.series.length > 10)
}

await mkdir(FOLDER, { recursive: true })
for (const name of WANTED) {
  for (const seed of SEEDS) {
    const found = await incidentOf(name, seed)
    if (found === undefined) continue
    await writeFile(join(FOLDER, `${name}.svg`), draw(found.incident))
    process.stdout.write(`${name}.svg: ${found.incident.title} (seed ${seed})\n`)
    break
  }
}
