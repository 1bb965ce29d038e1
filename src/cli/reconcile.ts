import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { memoryBus } from '../bus/memory.ts'
import { leased } from '../connect/leased.ts'
import { listConnections } from '../connect/manage.ts'
import { stripeMeans } from '../connect/means.ts'
import { type Reconciled, reconcile } from '../connect/reconcile.ts'
import { count } from '../detection/kit/words.ts'
import { PublicError } from '../errors.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { systemClock } from '../time.ts'
import { time } from './format.ts'
import type { CommandServices, Shell } from './shell.ts'

interface Options {
  connection?: string
  json?: boolean
}

const HELP = `
A server does this by itself, as often as a tenth of what Stripe allows to be read: every 15 minutes at most, about every
hour and a half for a small account, and at once when less arrives than usual. What events of the last 72 hours show is judged
as if they had come now; what older ones show has the origin HISTORY.`

/** `reconcile`: what is missing is found at Stripe and filled in, now. */
export const reconcileCommand = (shell: Shell): Command =>
  new Command('reconcile')
    .description("compare a tenant's events with Stripe's list now, and fill in what no webhook brought")
    .argument('<tenant>')
    .option('--connection <id>', 'only this connection')
    .addHelpText('after', HELP)
    .action((tenantId: string, options: Options) =>
      shell.withTenant(tenantId, async (scope, services) => {
        const results: Reconciled[] = []
        for (const connection of await wanted(scope, options))
          results.push(await now(shell, scope, services, connection))
        print(shell, results, options)
      }),
    )

/** @throws PublicError NOT_FOUND */
async function wanted(scope: Scope, { connection: id }: Options): Promise<StripeConnection[]> {
  const all = await listConnections(scope)
  const found = id === undefined ? all : all.filter((one) => one.id === id)
  if (found.length > 0) return found
  throw new PublicError(
    'NOT_FOUND',
    id === undefined
      ? 'this tenant has no connection to Stripe: `connect` makes one'
      : `there is no connection ${id}`,
  )
}

/** How often it is looked whether another process is done, and for how long. Milliseconds. */
const LOOK_MS = 250
const LONGEST_MS = 120_000

/** Does it here; where a server is at it, when that is done. */
async function now(
  shell: Shell,
  scope: Scope,
  { config, acting: { vault } }: CommandServices,
  connection: StripeConnection,
): Promise<Reconciled> {
  const clock = systemClock
  const parts = { scope, means: stripeMeans(config, () => config), vault, clock, bus: memoryBus() }
  const began = clock.steady()
  while (clock.steady() - began < LONGEST_MS) {
    const done = await leased(parts, connection, (fresh) => {
      if (fresh.through === null)
        throw new PublicError(
          'CONFLICT',
          `the past of ${fresh.id} is not fetched yet: run \`connect\` again, it goes on where it is`,
        )
      return reconcile(parts, fresh)
    })
    if (done !== undefined) return done.result
    shell.progress('another process is at it; waiting for it')
    await sleep(LOOK_MS)
  }
  throw new PublicError('CONFLICT', `another process works on ${connection.id}: try again later`)
}

function print(shell: Shell, results: readonly Reconciled[], options: Options): void {
  const sum = (what: 'checked' | 'missing' | 'filled'): number =>
    results.reduce((total, one) => total + one[what], 0)
  const through = results
    .map((one) => one.through)
    .reduce((least, one) => (least !== null && one !== null && least < one ? least : one))
  const [checked, missing, filled] = [sum('checked'), sum('missing'), sum('filled')]
  const json = { checked, missing, filled, completeThrough: through?.toISOString() ?? null }
  const lines = [
    `${count(checked, 'event')} compared with Stripe's list: ${missing} had not come by webhook, ${filled} filled in.`,
    `Complete through ${time(through)}.`,
  ]
  shell.print({ json, lines }, options)
}
