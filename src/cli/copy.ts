import { Command } from 'commander'
import { type Config, ConfigError } from '../config.ts'
import { count } from '../detection/kit/words.ts'
import { PublicError } from '../errors.ts'
import { tenantsToCopy } from '../storage/copy/tenant-row.ts'
import { migrate } from '../storage/migrate.ts'
import { openDatabase, placeOf } from '../storage/open.ts'
import { cancelMove, type Move, moveTenant } from '../tenancy/move/move-tenant.ts'
import { refuseForeignSecret } from '../tenancy/sealed.ts'
import { createVault, dataFolderOf, existingVault, type Vault } from '../tenancy/vault.ts'
import { systemClock } from '../time.ts'
import { Progress } from './progress.ts'
import type { Shell } from './shell.ts'
import { stoppable } from './stopping.ts'

interface Options {
  from: string
  to: string
  tenant?: string
  toSecret?: string
  cancel?: boolean
  json?: boolean
}

/** `copy`: tenants with all they have, from one database to another of either engine. */
export const copyCommand = (shell: Shell): Command =>
  new Command('copy')
    .description('move tenants with all they have to another database, while servers run')
    .requiredOption('--from <url>', 'the database that they are in: file:… or postgresql://…')
    .requiredOption('--to <url>', 'the one that they go to; made and migrated where it is new')
    .option('--tenant <id>', 'one tenant; left out: all of them')
    .option(
      '--to-secret <secret>',
      "the target's BILLINGWATCH_SECRET where it is another one; - reads it from standard input",
    )
    .option('--cancel', 'take a move back that is not complete: the tenant stays where it was')
    .addHelpText(
      'after',
      '\nFrom the beginning each tenant is read-only where it was: deliveries are answered 503, and Stripe repeats them. It\n' +
        'stays so until it is deleted there. Broken off, the same command goes on.',
    )
    .action((options: Options) => copy(shell, options))

async function copy(shell: Shell, options: Options): Promise<void> {
  const [from, to] = [configOf(shell, options.from), configOf(shell, options.to)]
  if (placeOf(from.databaseUrl) === placeOf(to.databaseUrl))
    throw new PublicError('BAD_USER_INPUT', '--from and --to are one database')
  const vaults = await vaultsOf(shell, from, options.toSecret)
  await migrate(from, { create: false })
  await migrate(to)
  const source = await openDatabase(from)
  const target = await openDatabase(to).catch(async (error: unknown) => {
    await source.close()
    throw error
  })
  try {
    if (vaults.from) await refuseForeignSecret(source, vaults.from)
    if (vaults.to) await refuseForeignSecret(target, vaults.to)
    const reseal = options.toSecret === undefined ? undefined : both(vaults)
    const move = { from: source, to: target, vaults: reseal, clock: systemClock }
    const tenants = options.tenant === undefined ? await tenantsToCopy(source) : [options.tenant]
    await (options.cancel ? cancelAll(shell, move, tenants, options) : copyAll(shell, move, tenants, options))
  } finally {
    await source.close()
    await target.close()
  }
}

const configOf = (shell: Shell, url: string): Config => shell.config({ DATABASE_URL: url })

/** Undefined: no secret is known, and none is needed to copy what is sealed as it is. */
async function vaultsOf(
  shell: Shell,
  from: Config,
  toSecret: string | undefined,
): Promise<{ from: Vault | undefined; to: Vault | undefined }> {
  const own = existingVault(from, dataFolderOf(from))
  if (toSecret === undefined) return { from: own, to: own }
  const secret = await shell.secret(toSecret)
  if (secret.length < 32)
    throw new PublicError('BAD_USER_INPUT', 'the secret of --to-secret must have at least 32 characters')
  return { from: own, to: createVault(secret) }
}

function both({ from, to }: { from: Vault | undefined; to: Vault | undefined }): Move['vaults'] {
  if (from === undefined || to === undefined)
    throw new ConfigError(
      'BILLINGWATCH_SECRET of the database that is copied from must be set: what is sealed under it is sealed anew.',
    )
  return { from, to }
}

async function copyAll(shell: Shell, move: Move, tenants: string[], options: Options): Promise<void> {
  const progress = new Progress(shell, 'Copying')
  const result = await stoppable(async (stop) => {
    let [rows, earlier] = [0, 0]
    for (const [index, tenantId] of tenants.entries()) {
      const check = () =>
        stop.check(() => `Stopped after ${index} of ${tenants.length} tenants. The same command goes on.`)
      check()
      const step = (done: number) =>
        progress.step({ done: rows + done, total: undefined, unit: 'rows', also: `${index} tenants` })
      const moved = await moveTenant({ ...move, check, progress: step }, tenantId)
      if (moved === undefined) earlier += 1
      rows += moved ?? 0
    }
    return { tenants: tenants.length, rows, verified: true, ...(earlier > 0 && { earlier }) }
  })
  progress.end()
  const lines = [
    `${count(result.tenants, 'tenant')}, ${count(result.rows, 'row')}: all compared, and alike.`,
    ...(result.earlier === undefined ? [] : [`${result.earlier} of them were moved before.`]),
    'They are served from the new database now. Where they were they are read-only until you delete them there.',
  ]
  shell.print({ json: result, lines }, options)
}

async function cancelAll(shell: Shell, move: Move, tenants: string[], options: Options): Promise<void> {
  if (options.tenant === undefined)
    throw new PublicError(
      'BAD_USER_INPUT',
      '--cancel takes back the move of one tenant: name it with --tenant',
    )
  for (const tenantId of tenants) await cancelMove(move, tenantId)
  shell.print(
    { json: { cancelled: tenants }, lines: ['It stays where it was, and is written to again.'] },
    options,
  )
}
