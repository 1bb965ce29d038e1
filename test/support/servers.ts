import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'

const root = new URL('../..', import.meta.url).pathname

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string
  readonly process: ChildProcess
}

/**
 * Bundles the program as production runs it; the source starts too slowly to be killed and restarted often.
 * @param name of a folder for it below node_modules, where the bundle finds its packages
 * @returns the program's path
 */
export async function bundleProgram(name: string): Promise<string> {
  const outdir = join(root, 'node_modules/.cache', name)
  await build({
    absWorkingDir: root,
    entryPoints: ['src/billingwatch.ts', 'src/storage/sqlite/integrity-worker.ts'],
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return join(outdir, 'billingwatch.js')
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

const READY_WITHIN_MS = 120_000

/**
 * Starts the program and waits until it is ready. The caller ends it.
 * @throws when it ends before, or is not ready in time
 */
export async function spawnServer(
  program: string,
  environment: Record<string, string>,
): Promise<ServerProcess> {
  const port = await freePort()
  const child = spawn(process.execPath, [program, 'serve', '--port', String(port)], {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isReady(url))) {
    if (child.exitCode !== null)
      throw new Error(`the server ended with ${child.exitCode} before it was ready`)
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error('the server was not ready in time')
    }
    await sleep(100)
  }
  return { url, process: child }
}

/** A command in a process of its own. */
export interface CommandProcess {
  readonly process: ChildProcess
  /** Its exit code; null: it was killed. */
  readonly ended: Promise<number | null>
}

export function startCommand(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): CommandProcess {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { process: child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).status === 200
  } catch {
    return false
  }
}

/** Ends a server at once, whatever it is doing, and resolves when it is gone. */
export async function killServer({ process: child }: ServerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await gone
}
