import { Command } from 'commander'
import { migrate } from '../storage/migrate.ts'
import type { Shell } from './shell.ts'

/** `migrate`: what the server does at its start, alone. */
export const migrateCommand = (shell: Shell): Command =>
  new Command('migrate')
    .description('bring the database up to date, as the server does at its start')
    .action(async (options: { json?: boolean }) => {
      const applied = await migrate(shell.config())
      const lines =
        applied.length > 0 ? applied.map((name) => `applied ${name}`) : ['The database is up to date.']
      shell.print({ json: { applied }, lines }, options)
    })
