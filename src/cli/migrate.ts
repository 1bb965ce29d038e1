import { Command } from 'commander'
import type { Shell } from './shell.ts'

/** `migrate`: the migration that the server runs when it starts. */
export const migrateCommand = (shell: Shell): Command =>
  new Command('migrate')
    .description('bring the database up to date, as the server does at its start')
    .action(async (options: { json?: boolean }) => {
      const applied = await shell.migrate(shell.config(), { create: true })
      const lines =
        applied.length > 0 ? applied.map((name) => `applied ${name}`) : ['The database is up to date.']
      shell.print({ json: { applied }, lines }, options)
    })
