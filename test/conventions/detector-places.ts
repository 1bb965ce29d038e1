import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DETECTOR_NAMES } from '../../src/detection/detector.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { INCIDENTS } from '../../src/simulator/incidents/registry.ts'
import { recordedStates } from '../detection/stored-states/stored-states.ts'
import { FIRINGS } from '../support/firings.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'src/detection/detectors'

export const kebab = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/** Every name that any of the places has. */
export function detectorNames(): string[] {
  const files = readdirSync(join(root, folder)).map((file) =>
    file.replace(/\.ts$/, '').toUpperCase().replaceAll('-', '_'),
  )
  const names = [...DETECTOR_NAMES, ...DETECTORS.map(({ name }) => name), ...files]
  return [...new Set([...names, ...INCIDENTS.map(({ detector }) => detector)])].sort()
}

const mentions = (path: string, ...words: string[]): boolean => {
  const text = readFileSync(join(root, path), 'utf8')
  return words.some((word) => text.includes(word))
}

/** What a detector still lacks, place by place, with what to do; the README's "Adding a detector" is in this order. */
export function lacking(name: string, files: readonly string[]): string[] {
  const file = kebab(name)
  const detector = DETECTORS.find((candidate) => candidate.name === name)
  const has = (...paths: string[]): boolean => paths.some((path) => files.includes(path))
  const places: [present: boolean, place: string][] = [
    [
      DETECTOR_NAMES.some((known) => known === name),
      'its name in DETECTOR_NAMES of src/detection/detector.ts',
    ],
    [
      has(`${folder}/${file}.ts`, `${folder}/${file}/detector.ts`),
      `${folder}/${file}.ts, or ${file}/detector.ts`,
    ],
    [detector !== undefined, 'its entry in src/detection/registry.ts'],
    [has(`test/detection/detectors/${file}.test.ts`), `test/detection/detectors/${file}.test.ts`],
    [
      INCIDENTS.some((one) => one.detector === name && one.name === file),
      `src/simulator/incidents/${file}.ts, and its entry in registry.ts beside it`,
    ],
    [
      files.some(
        (path) => path.startsWith('src/simulator/trade/') && mentions(path, name, `incidents/${file}.ts`),
      ),
      'a business of src/simulator/trade/businesses that has its incident',
    ],
    [
      ['matching.ts', 'targets.ts'].every((path) => mentions(`test/bench/detection/${path}`, `${name}:`)),
      'its tolerance in test/bench/detection/matching.ts, and its delay in targets.ts',
    ],
    [FIRINGS.some((one) => one.detector === name), 'a history in test/support/firings.ts'],
    [
      detector !== undefined && recordedStates(detector).length > 0,
      'rows in test/detection/stored-states/rows (record.ts there writes them)',
    ],
    [mentions('test/detection/messages.txt', name), 'its words in test/detection/messages.txt'],
    [mentions('schema.graphql', name), 'its value in schema.graphql: npm run schema'],
    [
      mentions('docs/detectors.md', name) && mentions('README.md', name),
      'its rows in docs/detectors.md and README.md: npm run docs',
    ],
  ]
  return places.filter(([present]) => !present).map(([, place]) => `${name} lacks ${place}`)
}
