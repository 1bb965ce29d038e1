import { parseArgs } from 'node:util'
import { alertKills, alertKillsShared } from './alert-kills.ts'
import { clockMoved } from './clock.ts'
import type { Fault } from './fault.ts'
import { greedyTenant } from './greedy-tenant.ts'
import { hungProcess } from './hung-process.ts'
import { kills, killsShared } from './kills.ts'
import { postgresRestarted, postgresStalls, sessionsEnded } from './postgres.ts'
import { redisAway } from './redis.ts'
import { databaseLocked, diskFull, fileCorrupt, fileReplaced, readOnly, writesFail } from './sqlite.ts'

const FAULTS: readonly Fault[] = [
  hungProcess,
  greedyTenant,
  alertKills,
  alertKillsShared,
  kills,
  killsShared,
  sessionsEnded,
  postgresRestarted,
  postgresStalls,
  redisAway,
  databaseLocked,
  readOnly,
  writesFail,
  diskFull,
  fileReplaced,
  fileCorrupt,
  clockMoved,
]

const USAGE = `npm run test:faults -- [name…] [--short] [--json]

${FAULTS.map(({ name, description }) => `  ${name.padEnd(18)} ${description}`).join('\n')}

  --short  some seconds instead of minutes
  --json   only the JSON document on standard output
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !FAULTS.some((fault) => fault.name === name))
if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `There is no fault ${unknown.join(', ')}.\n\n${USAGE}` : USAGE)
  process.exitCode = values.help ? 0 : 2
} else {
  const chosen = FAULTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const document: Record<string, unknown> = {}
  for (const fault of chosen) {
    const missing = await fault.missing()
    if (missing !== undefined) {
      process.stderr.write(`Cannot run ${fault.name}: ${missing}\n`)
      process.exitCode = 1
      continue
    }
    const checks = await fault.run({
      short: values.short,
      say: (line) => void process.stderr.write(`${line}\n`),
    })
    document[fault.name] = checks
    if (!checks.every(({ ok }) => ok)) process.exitCode = 1
    if (values.json) continue
    process.stdout.write(`${fault.name}\n`)
    for (const { what, ok, seen } of checks)
      process.stdout.write(`  ${ok ? 'ok   ' : 'WRONG'} ${what}: ${seen}\n`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify(document)}\n`)
}
