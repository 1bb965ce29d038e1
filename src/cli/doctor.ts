import { Command } from 'commander'
import { diagnose } from './doctor/diagnose.ts'
import type { Finding } from './doctor/finding.ts'
import { ProblemReported, type Shell } from './shell.ts'

const MARK = { ok: '  ok  ', notice: ' note ', problem: 'WRONG ' } as const

/** `doctor`: what is wrong with this installation, and what to do about it. */
export const doctorCommand = (shell: Shell): Command =>
  new Command('doctor')
    .description('check configuration, database, Redis, clock, disk, failed events, silent tenants')
    .option('--deep', 'read the whole database file, however large it is (SQLite)')
    .action(async (options: { json?: boolean; deep?: boolean }) => {
      const findings = await diagnose(shell, { deep: options.deep ?? false })
      const ok = findings.every(({ level }) => level !== 'problem')
      shell.print({ json: { ok, findings }, lines: findings.flatMap(linesOf) }, options)
      if (!ok) throw new ProblemReported()
    })

const linesOf = ({ level, check, message, advice }: Finding): string[] => [
  `${MARK[level]} ${check}: ${message}`,
  ...(advice === undefined ? [] : [`        → ${advice}`]),
]
