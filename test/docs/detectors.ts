import type { AnyDetector, Setting } from '../../src/detection/detector.ts'
import { span } from '../../src/detection/kit/words.ts'
import { typesOf } from '../../src/graphql/read/listened.ts'
import { markdownTable } from './table.ts'

/** One row for each, in the order they are judged. */
export const detectorTable = (detectors: readonly AnyDetector[]): string =>
  markdownTable(
    ['detector', 'reports'],
    detectors.map(({ name, description }) => [
      `[\`${name}\`](docs/detectors.md#${name.toLowerCase()})`,
      firstSentence(description),
    ]),
  )

const firstSentence = (text: string): string => /^.*?\.(?= |$)/.exec(text)?.[0] ?? text

const HEAD = `<!-- Written by npm run docs from the detectors themselves: change them, not this. -->

# Detectors and their settings

A tenant's ADMIN changes settings with \`configureDetector\`, and switches a detector off with \`enabled: false\`: it goes on
learning, and reports nothing. A change holds for events that are judged from then on. Values are in the unit of the table;
\`detectors { name enabled settings { name unit value default min max description } }\` lists them as they stand.
[src/detection/README.md](../src/detection/README.md) says how they are used.
`

export const detectorsPage = (detectors: readonly AnyDetector[]): string =>
  `${[HEAD, ...detectors.map(detectorSection)].join('\n')}`

function detectorSection(detector: AnyDetector): string {
  const { name, title, description, facts, settings, cooldown } = detector
  const types = facts.some((kind) => kind === 'delivered')
    ? 'every event type'
    : typesOf(facts)
        .map((type) => `\`${type}\``)
        .join(', ')
  return `## ${name}

**${title}.** ${description}

${endingOf(detector)} A new sign within ${span(cooldown)} after the end reopens it. Reads ${types}.

${settingsTable(settings)}
`
}

const endingOf = ({ selfResolving }: AnyDetector): string =>
  selfResolving
    ? 'An anomaly is resolved by itself when the behaviour ends.'
    : 'An anomaly ends by itself, and stays open until a person has resolved it.'

const settingsTable = (settings: AnyDetector['settings']): string =>
  markdownTable(
    ['setting', 'unit', 'default', 'from', 'to', 'what'],
    Object.entries(settings).map(([name, setting]) => [
      `\`${name}\``,
      setting.unit,
      inUnit(setting, setting.default),
      inUnit(setting, setting.min),
      inUnit(setting, setting.max),
      setting.description,
    ]),
  )

/** Seconds are followed by what people call them. */
const inUnit = ({ unit }: Setting, value: number): string =>
  unit === 'SECONDS' ? `${value} (${span(value)})` : String(value)
