import type { Variable } from '../../src/config.ts'
import { markdownTable } from './table.ts'

export const environmentTable = (variables: readonly Variable[]): string =>
  markdownTable(
    ['variable', 'default', 'what'],
    variables.map(({ name, default: usual, description }) => [
      `\`${name}\``,
      usual === '' ? '' : `\`${usual}\``,
      description,
    ]),
  )

const HEAD = `# Copy this to .env, beside package.json, and change what you need; what the environment itself sets wins.
# Every value here is the default. Written by npm run docs.
`

export const environmentExample = (variables: readonly Variable[]): string =>
  `${HEAD}${variables
    .map(({ name, default: usual, description }) => `\n# ${description}\n${name}=${usual}\n`)
    .join('')}`
