import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import { DatabaseError } from './database.ts'

export interface Migration {
  name: string
  script: string
  /** Hex SHA-256 of the file as Prisma takes it, with LF line ends. */
  checksum: string
  /** The same with CRLF: what a checkout on Windows would have recorded. */
  checksumCrlf: string
}

/** One row of Prisma's history table, as far as it matters here. */
export interface Applied {
  name: string
  checksum: string
  finished: boolean
}

/** Why a database is not migrated, and what to do about it. */
export class MigrationError extends DatabaseError {
  override readonly name = 'MigrationError'
}

/** A migration's script did not run; by now it is rolled back. */
export const failed = (name: string, cause: unknown): MigrationError =>
  new MigrationError(
    `The migration ${name} failed and nothing of it stays: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex')

/** The engine's migrations in the order in which they apply. */
export function readMigrations(engine: 'sqlite' | 'postgresql', root = packageRoot()): Migration[] {
  if (root === undefined)
    throw new MigrationError('The migrations are missing: no package.json above the program.')
  const folder = join(root, 'prisma', engine, 'migrations')
  if (!existsSync(folder))
    throw new MigrationError(`The migrations are missing: there is no folder ${folder}.`)
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  if (names.length === 0) throw new MigrationError(`The migrations are missing: ${folder} is empty.`)
  return names.map((name) => {
    const script = readFileSync(join(folder, name, 'migration.sql'), 'utf8').replaceAll('\r\n', '\n')
    return { name, script, checksum: sha256(script), checksumCrlf: sha256(script.replaceAll('\n', '\r\n')) }
  })
}

/**
 * The migrations that are still to apply.
 * @throws MigrationError when the history holds one that is unknown here (a newer program was at this database),
 *   one whose file was edited since, or one that another tool left half done
 */
export function pendingMigrations(known: readonly Migration[], history: readonly Applied[]): Migration[] {
  for (const applied of history) {
    const migration = known.find(({ name }) => name === applied.name)
    if (!migration)
      throw new MigrationError(
        `This database was migrated by a newer BillingWatch (${applied.name} is unknown here). Run that version.`,
      )
    if (!applied.finished)
      throw new MigrationError(
        `The migration ${applied.name} was begun and not finished. Restore a backup, or use "prisma migrate resolve".`,
      )
    if (applied.checksum !== migration.checksum && applied.checksum !== migration.checksumCrlf)
      throw new MigrationError(
        `The migration ${applied.name} was edited after it was applied. Restore its file and add a new one instead.`,
      )
  }
  return known.filter(({ name }) => !history.some((applied) => applied.name === name))
}

/** Whether these are the migrations of a database that was empty before. */
export const madeDatabase = (applied: readonly string[]): boolean =>
  applied.some((name) => name.endsWith('_initial'))

/** Whether a database is made where there is none. */
export interface MigrateOptions {
  create?: boolean
}

/** There is no database of ours where the URL points. */
export class NoDatabaseError extends DatabaseError {
  override readonly name = 'NoDatabaseError'
  constructor(place: string) {
    super(
      `${place}. Check DATABASE_URL and the folder you are in; \`serve\`, \`migrate\` and \`tenant create\` make a new one`,
    )
  }
}
