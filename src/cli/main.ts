import { Command, CommanderError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { ConfigError, VARIABLES } from '../config.ts'
import { PublicError } from '../errors.ts'
import { DatabaseError } from '../storage/database.ts'
import { NoDatabaseError } from '../storage/migrations.ts'
import { anomaliesCommand } from './anomalies.ts'
import { backupCommand } from './backup.ts'
import { channelCommand } from './channel.ts'
import { completionFor, SHELLS } from './completion.ts'
import { connectCommand } from './connect.ts'
import { connectionCommand } from './connection.ts'
import { copyCommand } from './copy.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { endpointCommand } from './endpoint.ts'
import { eventsCommand } from './events.ts'
import { table } from './format.ts'
import { keyCommand } from './key.ts'
import { migrateCommand } from './migrate.ts'
import { rebuildCommand } from './rebuild.ts'
import { reconcileCommand } from './reconcile.ts'
import { replayCommand } from './replay.ts'
import { retryCommand } from './retry.ts'
import { secretCommand } from './secret.ts'
import { serveCommand } from './serve.ts'
import { Interrupted, type Io, ProblemReported, Shell } from './shell.ts'
import { simulateCommand } from './simulate.ts'
import { tenantCommand } from './tenant.ts'

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2

/**
 * The command line.
 * @param argv without the program's own name
 * @returns the exit code: 0 done, 1 failed (said in one line on stderr), 2 wrong usage
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes('--json')
  try {
    await programFor(new Shell(io)).parseAsync(argv, { from: 'user' })
    return DONE
  } catch (error) {
    return exitCodeOf(error, io, json)
  }
}

function programFor(shell: Shell): Command {
  const program = new Command('./billingwatch')
    .description(
      'Watches the Stripe webhooks of many tenants and reports to each what is wrong with its billing.',
    )
    .version(packageJson.version)
    .addOption(new Option('--completion <shell>', 'print a script that completes commands').choices(SHELLS))
  for (const command of [
    serveCommand(shell),
    migrateCommand(shell),
    tenantCommand(shell),
    endpointCommand(shell),
    secretCommand(shell),
    keyCommand(shell),
    anomaliesCommand(shell),
    channelCommand(shell),
    connectCommand(shell),
    connectionCommand(shell),
    backupCommand(shell),
    copyCommand(shell),
    reconcileCommand(shell),
    replayCommand(shell),
    rebuildCommand(shell),
    simulateCommand(shell),
    demoCommand(shell),
    eventsCommand(shell),
    retryCommand(shell),
    doctorCommand(shell),
  ])
    program.addCommand(command)
  program.addHelpText('after', ['', 'Environment:', ...environment()].join('\n'))
  for (const command of everyCommand(program)) prepare(command, shell.io)
  program.on('option:completion', (name: string) => {
    shell.io.stdout.write(completionFor(name, program))
    // Only the version is requested: without a command the rest would be wrong usage.
    throw new CommanderError(0, 'completion', '')
  })
  return program
}

const environment = (): string[] =>
  table(
    VARIABLES.map(({ name, default: fallback, description }) => [
      `  ${name}`,
      fallback === '' ? description : `${description} (default: ${fallback})`,
    ]),
  )

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)]

/** Settings of every command. Commander passes its settings only to commands that it creates itself. */
function prepare(command: Command, { stdout, stderr }: Io): void {
  command.exitOverride()
  command.configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
  })
  const isGroup = command.commands.length > 0
  if (isGroup || command.options.some(({ long }) => long === '--json')) return
  command.option('--json', 'print one JSON document')
}

/** Reports why a command failed: in one line on standard error, and with --json in a document on standard output too. */
function exitCodeOf(error: unknown, { stdout, stderr }: Io, json: boolean): number {
  // Commander has printed its help or the version, and a command that found something what it found.
  if (error instanceof CommanderError && error.exitCode === 0) return DONE
  if (error instanceof ProblemReported) return FAILED
  if (error instanceof Interrupted) {
    stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  const usage = error instanceof CommanderError
  const message = usage ? error.message.replace(/^error: /, '') : lineOf(error)
  // Commander has said it already.
  if (!usage) stderr.write(`error: ${message}\n`)
  const code = usage ? 'BAD_USER_INPUT' : codeOf(error)
  if (json) stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
  return code === 'BAD_USER_INPUT' ? WRONG_USAGE : FAILED
}

function codeOf(error: unknown): string {
  if (error instanceof PublicError) return error.code
  if (error instanceof NoDatabaseError) return 'NOT_FOUND'
  if (error instanceof ConfigError) return 'CONFIGURATION'
  return error instanceof DatabaseError ? 'UNAVAILABLE' : 'FAILED'
}

/** Configuration errors name every variable on a line of its own; of the many lines of a driver the last one says why. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE')
    return `${error.message}; set PORT or --port to one that is free`
  if (!error.name.startsWith('PrismaClient')) return error.message
  return error.message.trimEnd().split('\n').at(-1) ?? error.name
}
