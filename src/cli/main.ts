import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { VARIABLES } from '../config.ts'
import { PublicError } from '../errors.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { endpointCommand } from './endpoint.ts'
import { eventsCommand } from './events.ts'
import { table } from './format.ts'
import { keyCommand } from './key.ts'
import { migrateCommand } from './migrate.ts'
import { replayCommand } from './replay.ts'
import { secretCommand } from './secret.ts'
import { serveCommand } from './serve.ts'
import { type Io, Shell, Unwell } from './shell.ts'
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
  try {
    await programFor(new Shell(io)).parseAsync(argv, { from: 'user' })
    return DONE
  } catch (error) {
    return exitCodeOf(error, io)
  }
}

function programFor(shell: Shell): Command {
  const program = new Command('billingwatch')
    .description('Watches the Stripe webhooks of many tenants and tells each what is wrong with its billing.')
    .version(packageJson.version)
  for (const command of [
    serveCommand(shell),
    migrateCommand(shell),
    tenantCommand(shell),
    endpointCommand(shell),
    secretCommand(shell),
    keyCommand(shell),
    replayCommand(shell),
    simulateCommand(shell),
    demoCommand(shell),
    eventsCommand(shell),
    doctorCommand(shell),
  ])
    program.addCommand(command)
  program.addHelpText('after', ['', 'Environment:', ...environment()].join('\n'))
  for (const command of everyCommand(program)) prepare(command, shell.io)
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

/** What all commands have alike. Commander hands its settings down only to commands that it makes itself. */
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

function exitCodeOf(error: unknown, { stderr }: Io): number {
  // Commander has said it already, and so has a command that found something.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE
  if (error instanceof Unwell) return FAILED
  stderr.write(`error: ${lineOf(error)}\n`)
  return error instanceof PublicError && error.code === 'BAD_USER_INPUT' ? WRONG_USAGE : FAILED
}

/** Configuration errors name every variable on a line of its own; of the many lines of a driver the last one says why. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE')
    return `${error.message}; set PORT or --port to one that is free`
  if (!error.name.startsWith('PrismaClient')) return error.message
  return error.message.trimEnd().split('\n').at(-1) ?? error.name
}
