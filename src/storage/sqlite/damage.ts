import { isDriverAdapterError } from '@prisma/driver-adapter-utils'

/** @returns what SQLite says is damaged; undefined where the error says of no damage: a locked file is a whole one */
export function damageIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = isDriverAdapterError(error) ? error.cause.originalCode : 'code' in error && error.code
  return typeof code === 'string' && /^SQLITE_(CORRUPT|NOTADB)/.test(code) ? error.message : undefined
}
