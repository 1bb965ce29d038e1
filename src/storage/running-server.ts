import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { pathOf } from './sqlite/path.ts'

/** The file beside a database in which the server that has it open says where it listens. */
const noteOf = (databaseUrl: string): string | undefined =>
  databaseUrl.startsWith('file:') ? `${pathOf(databaseUrl)}.server` : undefined

/** Milliseconds that a server on this machine may take to say that it is alive. */
const TIMEOUT = 5_000

/**
 * Says beside an embedded database that a server has it open, for the commands that print its addresses.
 * @returns takes it back, unless another server has come since
 */
export function announceServer(databaseUrl: string, url: string): () => void {
  const path = noteOf(databaseUrl)
  if (path === undefined) return () => {}
  const reached = reachable(url)
  writeFileSync(path, `${reached}\n`, { mode: 0o600 })
  return () => {
    if (readNote(path) === reached) rmSync(path, { force: true })
  }
}

const THIS_MACHINE = new Set(['0.0.0.0', '[::]', '127.0.0.1', '[::1]'])

/** A server that listens everywhere has no address of its own. */
function reachable(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${THIS_MACHINE.has(hostname) ? 'localhost' : hostname}:${port}`
}

/** Where the server of an embedded database listens; undefined when none answers, and for a database on a server. */
export async function runningServer(databaseUrl: string): Promise<string | undefined> {
  const path = noteOf(databaseUrl)
  const url = path && readNote(path)
  return url && (await isAlive(url)) ? url : undefined
}

function readNote(path: string): string | undefined {
  try {
    const url = readFileSync(path, 'utf8').trim()
    return URL.canParse(url) ? url : undefined
  } catch {
    return undefined
  }
}

async function isAlive(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(TIMEOUT) })
    return response.ok
  } catch {
    return false
  }
}
