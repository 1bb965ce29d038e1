import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDriverAdapterError } from '@prisma/driver-adapter-utils'
import { DatabaseError } from '../database.ts'
import { keepPrivate, makePrivateFile, makePrivateFolder } from '../private-files.ts'
import type { Connection } from './driver.ts'
import { BESIDE, pathOf } from './path.ts'

/** How long a statement may block the thread on another process's lock before we wait without blocking. Milliseconds. */
export const BUSY_WAIT = 5

/** The path that a `file:` URL names, from the working directory; its folder is made. */
export function fileOf(url: string): string {
  const path = pathOf(url)
  makePrivateFolder(dirname(path))
  return path
}

/** Lets no other user of this machine read the database and what lies beside it; call before every opening. */
export function keepFilesPrivate(path: string): void {
  try {
    if (!existsSync(path)) makePrivateFile(path)
  } catch (error) {
    // Another process was faster, and made it the same way.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  for (const file of [path, ...BESIDE.map((suffix) => path + suffix)]) keepPrivate(file)
}

/** @throws DatabaseError that names the file, for whatever `work` on it fails with */
export async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new DatabaseError(`Cannot use the database file ${path}: ${reason}`, { cause: error })
  }
}

/**
 * Settings of a connection that writes. FULL: a commit that was answered survives a power cut. auto_vacuum takes
 * effect only before the first table; it lets retention give space back.
 */
export function prepareWriter(connection: Connection): void {
  connection.pragma('auto_vacuum = INCREMENTAL')
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('cache_size = -32000')
  // A longer log between checkpoints: a page that random keys touch again and again is copied once.
  connection.pragma('wal_autocheckpoint = 8000')
  connection.pragma('journal_size_limit = 67108864')
}

export function prepareReader(connection: Connection): void {
  connection.pragma('query_only = ON')
  connection.pragma('cache_size = -16000')
}

const isBusy = (error: unknown): boolean => {
  const code = isDriverAdapterError(error)
    ? error.cause.originalCode
    : error instanceof Error && 'code' in error && error.code
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY')
}

const RETRY_FOR = 15_000

/**
 * Repeats what another process's lock keeps from happening, letting the event loop run in between.
 * @throws SQLite's own error when the lock is still held after 15 s
 */
export async function whenFree<T>(attempt: () => T | Promise<T>): Promise<T> {
  for (let waited = 0; ; ) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || waited >= RETRY_FOR) throw error
    }
    const pause = 5 + Math.random() * 10
    await new Promise((resolve) => setTimeout(resolve, pause))
    waited += pause + BUSY_WAIT
  }
}
