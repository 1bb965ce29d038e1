import { statfs } from 'node:fs/promises'

/** Free disk, looked at now and then. */
export interface DiskWatch {
  /** Under the minimum when last looked at. */
  readonly full: boolean
  close(): void
}

/** For an engine whose files are not ours to watch. */
export const noDiskWatch: DiskWatch = { full: false, close: () => {} }

/** Free bytes of the file system that holds `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/**
 * @param path the database's folder
 * @param minimum bytes that must stay free, so that what is stored can still be judged and tidied up
 * @param free how free bytes are read
 */
export async function watchDisk(
  path: string,
  minimum: number,
  free: (path: string) => Promise<number> = freeBytes,
  everyMs = 5_000,
): Promise<DiskWatch> {
  let full = false
  const look = async (): Promise<void> => {
    // A file system that cannot be asked is left to the database, which will say so itself.
    full = await free(path).then(
      (bytes) => bytes < minimum,
      () => false,
    )
  }
  await look()
  const timer = setInterval(() => void look(), everyMs).unref()
  return {
    get full() {
      return full
    },
    close: () => clearInterval(timer),
  }
}
