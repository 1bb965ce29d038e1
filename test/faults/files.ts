import { execFile } from 'node:child_process'
import { copyFile, link, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Driver } from '../../src/storage/sqlite/driver.ts'
import { pathOf } from '../../src/storage/sqlite/path.ts'
import { onSqlite, type Place } from './places.ts'
import type { Cluster } from './rig.ts'

const run = promisify(execFile)
const MEGABYTE = 1024 * 1024
const DISK = { megabytes: 64 }

/** Undoes what was done to a file. */
export type Mend = () => Promise<void>

/** Another connection holds the write lock. */
export async function lock({ place }: Cluster): Promise<Mend> {
  const other = new Driver(pathOf(place.url), { timeout: 20_000 })
  other.exec('BEGIN IMMEDIATE')
  return async () => {
    other.exec('ROLLBACK')
    other.close()
  }
}

/** The files are made read-only as they are open: that is what a file system does that has met an error. */
export async function makeReadOnly({ place }: Cluster): Promise<Mend> {
  const path = pathOf(place.url)
  await run('chattr', ['+i', path, `${path}-wal`])
  return async () => void (await run('chattr', ['-i', path, `${path}-wal`]))
}

/** Not every file system has it, and only root may. */
export async function missingImmutable(): Promise<string | undefined> {
  const place = await onSqlite()
  const path = pathOf(place.url)
  const file = await open(path, 'w')
  try {
    await run('chattr', ['+i', path])
    const isWritten = await file.write('x').then(
      () => true,
      () => false,
    )
    await run('chattr', ['-i', path])
    return isWritten ? 'a file that is open stays writable here' : undefined
  } catch {
    return 'it needs root, and a file system with chattr +i'
  } finally {
    await file.close()
    await place.drop()
  }
}

/** Every write of the server to a file fails, as on a disk that is broken; what it has open stays open. */
export async function forbidWriting(cluster: Cluster): Promise<Mend> {
  const { pid } = cluster.server(0).process
  const limit = (bytes: string) => run('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`])
  await limit('0')
  return async () => void (await limit('unlimited'))
}

export const missingPrlimit = (): Promise<string | undefined> =>
  run('prlimit', ['--version']).then(
    () => undefined,
    () => 'prlimit is not installed',
  )

/** A small file system of its own, in memory. */
export async function onSmallDisk(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'billingwatch-disk-'))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK.megabytes}m`, 'tmpfs', folder])
  return {
    url: `file:${join(folder, 'fault.db')}`,
    async drop() {
      await run('umount', [folder])
      await rm(folder, { recursive: true })
    },
  }
}

export const missingMount = (): Promise<string | undefined> =>
  onSmallDisk().then(
    async (place) => void (await place.drop()),
    () => 'only root may mount a file system of its own',
  )

/** Writes until nothing more fits. */
export async function fillDisk({ place }: Cluster): Promise<Mend> {
  const path = `${pathOf(place.url)}.filler`
  const file = await open(path, 'w')
  try {
    for (const size of [MEGABYTE, 4_096])
      for (let full = false; !full; )
        full = await file.write(Buffer.alloc(size)).then(
          ({ bytesWritten }) => bytesWritten < size,
          () => true,
        )
  } finally {
    await file.close()
  }
  return () => rm(path)
}

/** The file as it is elsewhere takes its place: a restored backup, a deployment that brings its own. */
export async function replace({ place }: Cluster): Promise<Mend> {
  const path = pathOf(place.url)
  await link(path, `${path}.kept`)
  await copyFile(path, `${path}.other`)
  await rename(`${path}.other`, path)
  return () => rename(`${path}.kept`, path)
}

/** Garbage in every page but the first, which says that it is a database. */
export async function corrupt({ place }: Cluster): Promise<void> {
  const path = pathOf(place.url)
  const reader = new Driver(path, { timeout: 20_000 })
  reader.pragma('wal_checkpoint(TRUNCATE)')
  reader.close()
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(size - 4_096, 0xff), 0, size - 4_096, 4_096)
  await file.close()
}
