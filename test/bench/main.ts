import { parseArgs } from 'node:util'
import { big } from './big/part.ts'
import { browser } from './browser/part.ts'
import { facts } from './facts/part.ts'
import { fairness } from './fairness/part.ts'
import { fanout } from './fanout/part.ts'
import { ingest } from './ingest/part.ts'
import { judged } from './judging/judged.ts'
import { spread } from './judging/spread.ts'
import { latency } from './latency/part.ts'
import { machineLoad } from './machine.ts'
import { memory } from './memory/part.ts'
import { page } from './page/part.ts'
import { type Part, type PartReport, renderReport, renderTargets } from './part.ts'
import { replay } from './replay/part.ts'
import { tenancy } from './tenancy/part.ts'
import { tenants } from './tenants/part.ts'
import { yardstick } from './yardstick.ts'

const PARTS: readonly Part[] = [
  page,
  fanout,
  ingest,
  judged,
  spread,
  replay,
  latency,
  tenants,
  facts,
  fairness,
  browser,
  big,
  memory,
  tenancy,
]

const USAGE = `npm run bench -- [part…] [--quick] [--json] [--minutes N]

${PARTS.map(({ name, about, takes }) => `  ${name.padEnd(10)}${about}${takes === undefined ? '' : ` (only when it is named: it takes ${takes})`}`).join('\n')}

  --quick     short rounds: to see that it works, not to quote
  --minutes   how long the memory is watched (60)
  --json      only the JSON document on standard output

Without a part all but the long ones are measured. Each is measured against its bare limit in the same run.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string) => void process.stderr.write(`${line}\n`)

/** With what the machine was like meanwhile. */
async function run(part: Part): Promise<PartReport> {
  say(`${part.name}: ${part.about}`)
  const before = yardstick()
  const report = await part.run({ quick: values.quick, minutes: Number(values.minutes), say })
  const drift = yardstick() / before
  const machine = `load average ${machineLoad().toFixed(1)} at the end; a fixed piece of work then cost ${drift.toFixed(2)} × the CPU that it did before`
  return { ...report, notes: [...report.notes, machine] }
}

async function runAll(parts: readonly Part[]): Promise<void> {
  const reports = new Map<string, PartReport>()
  for (const part of parts) {
    const report = await run(part)
    reports.set(part.name, report)
    if (!values.json) process.stdout.write(`${renderReport(report)}\n`)
  }
  const targets = [...reports.values()].flatMap((report) => report.targets)
  if (!values.json) process.stdout.write(`${renderTargets(targets)}\n\n`)
  const data = Object.fromEntries([...reports].map(([name, report]) => [name, report.data]))
  process.stdout.write(`${JSON.stringify({ ...data, targets }, null, values.json ? 2 : undefined)}\n`)
}

const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name))
if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${USAGE}` : USAGE)
  process.exitCode = values.help ? 0 : 2
} else {
  const named = ({ name, takes }: Part): boolean =>
    positionals.length === 0 ? takes === undefined : positionals.includes(name)
  await runAll(PARTS.filter(named))
}
