import { type DestinationStream, destination, type Level, type Logger as PinoLogger, pino } from 'pino'
import { sha256 } from './ids.ts'
import { readable } from './log/readable.ts'

/** One JSON line an entry, on a terminal one for people. Entries carry ids and outcomes, never a payload, a secret, a key or a whole token. */
export type Logger = Pick<PinoLogger, Level | 'isLevelEnabled'>

/**
 * @param level nothing below it is written; `silent` writes nothing
 * @param stream standard error unless given: standard output belongs to what commands print
 */
export function createLogger(level: Level | 'silent', stream?: DestinationStream): Logger {
  return pino(
    { level, base: { service: 'billingwatch' }, serializers: { err: describeError } },
    stream ?? (process.stderr.isTTY ? terminal() : destination({ fd: 2, sync: true })),
  )
}

/** People read it there; whatever else takes it gets JSON. */
const terminal = (): DestinationStream => ({
  write: (line) => void process.stderr.write(readable(line, process.stderr.hasColors())),
})

/** What of a webhook token may stand in a log: enough to find the endpoint's row, useless for posting to it. */
export const tokenMark = (token: string): string => sha256(token).slice(0, 12)

/**
 * Drivers and libraries hang the values of a failed statement, or the signed body itself, on their errors.
 * Only what says where and why is kept.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const message = reasonOf(error)
  return {
    type: error.name,
    message,
    ...('code' in error && { code: error.code }),
    stack: error.stack?.replace(error.message, () => message),
    ...(error.cause instanceof Error && { cause: describeError(error.cause) }),
  }
}

/** Prisma prints everything that it was asked with before it says, in its last line, what was wrong with it. */
const reasonOf = ({ name, message }: Error): string =>
  (name === 'PrismaClientValidationError' ? message.trimEnd().split('\n').at(-1) : undefined) ?? message
