import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { memoryBus } from '../bus/memory.ts'
import { connect, MOST_HISTORY_DAYS, type Prepared, prepare } from '../connect/connect.ts'
import { type ImportStep, runImport } from '../connect/import.ts'
import { newestJob } from '../connect/jobs.ts'
import { leased } from '../connect/leased.ts'
import { findConnection } from '../connect/manage.ts'
import { type StripeMeans, stripeMeans } from '../connect/means.ts'
import { importedAnomalies } from '../connect/past.ts'
import { PERMISSIONS, readGranted } from '../connect/permissions.ts'
import { DETECTORS } from '../detection/registry.ts'
import { PublicError } from '../errors.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { DAY, systemClock, WEEK } from '../time.ts'
import { duration, table, time, wholeArgument } from './format.ts'
import { Progress } from './progress.ts'
import type { CommandServices, Shell } from './shell.ts'

interface Options {
  key: string
  endpoint?: string | undefined
  days: number
  history: number
  makeEndpoint: boolean
  allowSecretKey?: boolean
  yes?: boolean
  json?: boolean
}

const HELP = `
The key needs Events: Read; docs/connect.md says what else it may be allowed, and what for. What was broken off goes on
where it was when the command is run again.

Example:
  ./billingwatch connect TENANT --key -     # paste rk_live_…, then Ctrl-D`

/** `connect`: a key to Stripe's API; the endpoint, the past and the proof come from it. */
export const connectCommand = (shell: Shell): Command =>
  new Command('connect')
    .description(
      'connect a Stripe account: create its endpoint, fetch its past, prove that nothing is missing',
    )
    .argument('<tenant>')
    .requiredOption('--key <key>', 'a restricted key, rk_live_… or rk_test_…, or - to read it from stdin')
    .option('--endpoint <endpoint>', 'which endpoint of the tenant, by id or name')
    .option('--days <days>', 'how many days of events to fetch', wholeArgument(30), 30)
    .addOption(
      new Option('--history <duration>', 'older objects before that, to learn what is usual; 0: none')
        .argParser(historyArgument)
        .default(8 * WEEK, '8w'),
    )
    .option('--no-endpoint', 'make no endpoint at Stripe')
    .option('--allow-secret-key', 'take a secret key, sk_…, which may do everything')
    .option('--yes', 'begin without a question')
    .addHelpText('after', HELP)
    .action(
      (tenantId: string, given: Omit<Options, 'endpoint' | 'makeEndpoint'> & { endpoint?: string | false }) =>
        shell.withTenant(tenantId, async (scope, services) => {
          // Of --no-endpoint commander makes false.
          const makeEndpoint = given.endpoint !== false
          const options: Options = { ...given, makeEndpoint, endpoint: given.endpoint || undefined }
          const base = makeEndpoint ? await shell.webhookBase(services.config) : services.config
          const means = stripeMeans(services.config, () => base)
          await run(shell, { scope, services, means }, options)
        }),
    )

/** @throws InvalidArgumentError */
function historyArgument(argument: string): number {
  const seconds = duration(argument)
  if (seconds % DAY !== 0 || seconds > MOST_HISTORY_DAYS * DAY)
    throw new InvalidArgumentError(
      `It must be days or weeks, at most ${MOST_HISTORY_DAYS}d, such as 8w, or 0.`,
    )
  return seconds
}

interface Task {
  scope: Scope
  services: CommandServices
  means: StripeMeans
}

async function run(shell: Shell, task: Task, options: Options): Promise<void> {
  const { scope, services, means } = task
  const prepared = await prepare(scope, means, services.acting, {
    key: await shell.secret(options.key),
    endpoint: options.endpoint,
    days: options.days,
    historyDays: options.history / DAY,
    makeEndpoint: options.makeEndpoint,
    allowSecretKey: options.allowSecretKey ?? false,
  })
  if (!options.json) for (const line of permissionsOf(prepared)) shell.note(line)
  shell.note(`Estimate: about ${prepared.requests} requests to Stripe's API.`)
  if (!(await mayBegin(shell, options))) throw new PublicError('CONFLICT', 'not begun')
  const connection = await connect(scope, means, services.acting, prepared)
  await imported(shell, task, connection)
  await report(shell, task, { connection, prepared }, options)
}

const permissionsOf = ({ permissions }: Prepared): string[] =>
  table(
    PERMISSIONS.map(({ name, title, without }) => {
      const has = permissions.some((one) => one.name === name && one.granted)
      return [has ? 'yes' : 'no', title, has ? '' : `without it ${without}`]
    }),
  )

/** Asked of a person at a terminal alone. */
async function mayBegin(shell: Shell, { yes, key }: Options): Promise<boolean> {
  const { stdin, stderr } = shell.io
  if (yes || !stderr.isTTY || key === '-' || !process.stdin.isTTY || stdin !== process.stdin) return true
  const ask = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^(y(es)?)?$/i.test((await ask.question('Begin? [Y/n] ')).trim())
  } finally {
    ask.close()
  }
}

/** How often it is looked whether another process is done. */
const LOOK_MS = 500

/** Imports here, or waits for a server that is at it already. */
async function imported(shell: Shell, task: Task, connection: StripeConnection): Promise<void> {
  const { scope, services, means } = task
  const { vault } = services.acting
  const progress = new Progress(shell, 'connect')
  const onStep = ({ step, done }: ImportStep): void =>
    progress.step({ done, total: undefined, unit: step === 'judging' ? 'events judged' : `read of ${step}` })
  const parts = {
    scope,
    means,
    vault,
    database: services.database,
    // Servers poll what other processes store, so no hint of ours is needed.
    bus: memoryBus(),
    detectors: DETECTORS,
    clock: systemClock,
    onStep,
  }
  try {
    for (;;) {
      const done = await leased(parts, connection, (fresh) =>
        fresh.reconcileAt === null ? runImport(parts, fresh) : Promise.resolve(),
      )
      if (done !== undefined) return
      shell.progress('another process imports; waiting for it')
      await sleep(LOOK_MS)
      if ((await findConnection(scope, connection.id)).reconcileAt !== null) return
      const job = await newestJob(scope, connection.id, 'BACKFILL')
      if (job?.state === 'FAILED') throw new PublicError('CONFLICT', job.error ?? 'the import has failed')
    }
  } finally {
    progress.end()
  }
}

interface Done {
  connection: StripeConnection
  prepared: Prepared
}

async function report(
  shell: Shell,
  { scope }: Task,
  { connection: { id }, prepared }: Done,
  options: Options,
): Promise<void> {
  const connection = await findConnection(scope, id)
  const { account, livemode, adopted, stripeEndpointId, through, atStripe, stored } = connection
  const backfill = await newestJob(scope, id, 'BACKFILL')
  const read = backfill?.read ?? 0
  const history = await newestJob(scope, id, 'HISTORY')
  const anomalies = await importedAnomalies(scope, connection)
  const json = {
    connectionId: id,
    account,
    livemode,
    permissions: readGranted(connection.permissions),
    estimate: { requests: prepared.requests },
    stripeEndpoint: stripeEndpointId === null ? null : { id: stripeEndpointId, adopted },
    backfill: { read, stored: backfill?.stored ?? 0, duplicates: read - (backfill?.stored ?? 0) },
    history: { objects: history?.read ?? 0, events: history?.stored ?? 0 },
    anomalies,
    completeThrough: through?.toISOString() ?? null,
  }
  const lines = [
    ...table([
      ['Connection', `${id}, ${livemode ? 'live' : 'test'} mode${account === null ? '' : `, ${account}`}`],
      [
        'Endpoint at Stripe',
        stripeEndpointId === null ? 'none made' : `${stripeEndpointId}${adopted ? ', which was there' : ''}`,
      ],
      ['Events fetched', `${read}, ${json.backfill.stored} of them new`],
      ['Older objects read', `${history?.read ?? 0}`],
      ['Anomalies found', `${anomalies}`],
    ]),
    ...(connection.trouble === null ? [] : [connection.trouble]),
    through === null
      ? 'Nothing is proven yet.'
      : `Complete through ${time(through)}: ${stored} of ${atStripe} events.`,
  ]
  shell.print({ json, lines }, options)
}
