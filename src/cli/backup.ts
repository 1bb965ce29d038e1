import { join } from 'node:path'
import { Command } from 'commander'
import { count } from '../detection/kit/words.ts'
import { PublicError } from '../errors.ts'
import { isPostgres } from '../storage/database.ts'
import { dataFolderOf } from '../tenancy/vault.ts'
import type { Shell } from './shell.ts'

/** `backup FILE`: a copy of an embedded database, while a server goes on with it. */
export const backupCommand = (shell: Shell): Command =>
  new Command('backup')
    .argument('<file>', 'where the copy goes; nothing is replaced')
    .description('copy the SQLite database as it is now, while the server runs')
    .action(async (target: string, options: { json?: boolean }) => {
      const config = shell.config()
      // Not migrated: a copy is wanted before an upgrade, too.
      if (isPostgres(config.databaseUrl))
        throw new PublicError(
          'CONFLICT',
          'this database is on PostgreSQL: back it up with pg_dump (docs/operating.md, "Dumps")',
        )
      const { backupSqlite } = await import('../storage/sqlite/backup.ts')
      const backup = await backupSqlite(config.databaseUrl, target)
      const key =
        config.secret === undefined
          ? `The key file ${join(dataFolderOf(config), 'secret.key')}`
          : 'BILLINGWATCH_SECRET'
      shell.note(`${key} is not in it: without it the secrets and tokens in the copy cannot be opened.`)
      const { file, bytes, tenants, events } = backup
      const lines = [
        `${file}: ${count(tenants, 'tenant')}, ${count(events, 'event')}, ${(bytes / 1e6).toFixed(1)} MB`,
      ]
      shell.print({ json: backup, lines }, options)
    })
