import { parseArgs } from 'node:util'
import { MUTANTS, type Mutant } from './mutants.ts'
import { Workshop } from './workshop.ts'

// npm run test:mutation [-- --sample] [-- --only TEXT]: spoils what keeps tenants apart, one mistake at a time, and
// demands that the tests go red each time.

const { values } = parseArgs({ options: { sample: { type: 'boolean' }, only: { type: 'string' } } })
const say = (line: string) => process.stdout.write(`${line}\n`)

const chosen = MUTANTS.filter(
  ({ sample, name, file, by }) =>
    (!values.sample || sample) && `${by} ${file} ${name}`.includes(values.only ?? ''),
)

const workshop = await Workshop.open()
const wrong: string[] = []
try {
  const kinds = [...new Set(chosen.map(({ by }) => by))]
  for (const by of kinds) {
    const tests = [...new Set(chosen.filter((mutant) => mutant.by === by).flatMap((mutant) => mutant.tests))]
    const { verdict, output } = await workshop.run(by, tests)
    if (verdict === 'green') continue
    // Without PostgreSQL there is no such project: what stands there is tried where there is one.
    if (by === 'postgresql' && /No projects matched/i.test(output)) {
      say('skipped: the mutants of row-level security, for no PostgreSQL answers')
      skip(by)
    } else throw new Error(`the tests (${by}) are not green to begin with:\n${output}`)
  }
  for (const mutant of chosen) await tryOut(mutant)
} finally {
  await workshop.close()
}
say(`${chosen.length - wrong.length} of ${chosen.length} mutants were noticed`)
if (wrong.length > 0) {
  for (const line of wrong) say(`  ${line}`)
  process.exitCode = 1
}

async function tryOut(mutant: Mutant): Promise<void> {
  const { verdict, output } = await workshop.judge(mutant)
  const line = `${mutant.file}: ${mutant.name} (${mutant.by})`
  say(`${{ red: 'noticed ', green: 'SURVIVED', broken: 'BROKEN  ' }[verdict]}  ${line}`)
  if (verdict === 'red') return
  wrong.push(`${verdict === 'green' ? 'survived' : 'does not run'}: ${line}`)
  if (verdict === 'broken') say(output)
}

function skip(by: Mutant['by']): void {
  for (let at = chosen.length - 1; at >= 0; at--) if (chosen[at]?.by === by) chosen.splice(at, 1)
}
