import { existsSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathOf } from './sqlite/path.ts'

const MARK = '.replay-'

/** What the names of spilled files begin with: that of an embedded database, else one in the folder for temporary files. */
const stemOf = (databaseUrl: string): string =>
  databaseUrl.startsWith('file:') ? pathOf(databaseUrl) : join(tmpdir(), 'billingwatch')

/** Files for what a replay cannot hold in memory, readable by nobody else and gone with `remove`. */
export class Spill {
  readonly #stem: string
  readonly #open: { path: string; file: FileHandle }[] = []

  constructor(databaseUrl: string) {
    this.#stem = stemOf(databaseUrl)
  }

  /** An empty file to write to and to read from again. */
  async create(): Promise<FileHandle> {
    const path = `${this.#stem}${MARK}${process.pid}-${this.#open.length}`
    const file = await open(path, 'wx+', 0o600)
    this.#open.push({ path, file })
    return file
  }

  async remove(): Promise<void> {
    for (const { path, file } of this.#open.splice(0)) {
      await file.close()
      rmSync(path, { force: true })
    }
  }
}

/** Removes what replays that were killed have left behind. */
export function removeLeftSpills(databaseUrl: string): void {
  const stem = stemOf(databaseUrl)
  const folder = dirname(stem)
  if (!existsSync(folder)) return
  const prefix = `${basename(stem)}${MARK}`
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    if (Number.isInteger(pid) && pid > 0 && !isRunning(pid)) rmSync(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
