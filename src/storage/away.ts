import { isDriverAdapterError } from '@prisma/driver-adapter-utils'

/** Of Prisma: refuses the login, unreachable, timed out, closed, no place in the pool, no transaction in time. */
const PRISMA = /^P(1000|1001|1002|1003|1008|1010|1011|1017|2024|2028|2037)$/
/**
 * Of PostgreSQL: connections, logins and databases that it refuses (each worked when this process began), rollbacks of
 * its own accord, resources, locks, ends of sessions and statements, its system. Of SQLite: locks, disk and file. Of
 * the network below.
 */
const CODE =
  /^((08|28|40|53|58)[0-9A-Z]{3}|25P0[34]|3D000|55P03|57014|57P0\d|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL)\w*|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN))$/
/** What has no code, or one that means other things too. */
const WORDS =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|connection error and is not queryable|after calling end on the pool|connection is not open|not currently accepting connections|timeout expired/i
const KINDS = new Set([
  'AuthenticationFailed',
  'ConnectionClosed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionWriteConflict',
])

/** Whether something failed because the database is away, hangs or is full: nothing is wrong with what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (isDriverAdapterError(error) && isAwayCause(error.cause)) return true
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (PRISMA.test(code) || CODE.test(code) || WORDS.test(error.message)) return true
  const meta = 'meta' in error && typeof error.meta === 'object' && error.meta !== null ? error.meta : {}
  const below = 'driverAdapterError' in meta ? meta.driverAdapterError : undefined
  return isDatabaseAway(below) || isDatabaseAway(error.cause)
}

function isAwayCause({ kind, originalCode }: { kind: string; originalCode?: string }): boolean {
  return KINDS.has(kind) || (originalCode !== undefined && CODE.test(originalCode))
}

/** What the server or the driver said: whoever passes it on puts words before it, Prisma whole paragraphs. */
export function awayReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return awayReason(error.cause)
  return error.message.trimEnd().split('\n').at(-1) ?? ''
}
