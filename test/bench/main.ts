import { parseArgs } from 'node:util'
import { fairness } from './fairness/part.ts'
import { fanout } from './fanout/part.ts'
import { ingest } from './ingest/part.ts'
import { judged } from './judging/judged.ts'
import { spread } from './judging/spread.ts'
import { latency } from './latency/part.ts'
import { page } from './page/part.ts'
import { type Part, renderReport } from './part.ts'
import { replay } from './replay/part.ts'
import { tenants } from './tenants/part.ts'

const PARTS: readonly Part[] = [ingest, replay, fairness, page, fanout, latency, tenants, judged, spread]

const USAGE = `npm run bench -- [part…] [--quick] [--json]

  part     ${PARTS.map(({ name }) => name).join(', ')}; all when none is named
  --quick  short rounds: to see that it works, not to quote
  --json   only the JSON document on standard output
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name))
if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${USAGE}` : USAGE)
  process.exitCode = values.help ? 0 : 2
} else {
  const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const document: Record<string, unknown> = {}
  for (const part of chosen) {
    const report = await part.run({
      quick: values.quick,
      say: (line) => void process.stderr.write(`${line}\n`),
    })
    document[part.name] = report.data
    if (!values.json) process.stdout.write(`${renderReport(report)}\n`)
  }
  process.stdout.write(`${JSON.stringify(document, null, values.json ? 2 : undefined)}\n`)
}
