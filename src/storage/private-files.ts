import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'

const OWNER_ONLY_FILE = 0o600
const OWNER_ONLY_FOLDER = 0o700

/** Makes the folder, and those above it, for this user alone. One that is there keeps the mode that somebody gave it. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY_FOLDER })
}

/** Makes an empty file for this user alone, so that at no moment anybody else can open it. @throws EEXIST */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'wx', OWNER_ONLY_FILE))
}

/** Takes a file away from all users but its owner, where the file system and the file's owner let us. */
export function keepPrivate(path: string): void {
  if (isPrivate(path)) return
  try {
    chmodSync(path, OWNER_ONLY_FILE)
  } catch (error) {
    // Another user's file, or a file system whose modes are fixed. `doctor` says so.
    if (!(error instanceof Error && 'code' in error && MODES_ARE_FIXED.has(error.code))) throw error
  }
}

const MODES_ARE_FIXED = new Set<unknown>(['EPERM', 'ENOTSUP', 'EROFS'])

/** Whether no user but its owner may do anything with a file; what is no file, or not there, gives nothing away. */
export function isPrivate(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined || !stats.isFile() || (stats.mode & 0o077) === 0
}
