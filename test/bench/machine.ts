import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Where bundles and throw-away databases go, each run in a folder of its own: `/tmp` may be memory, this is a disk. */
const WORKSHOP = fileURLToPath(new URL('../../node_modules/.cache/bench', import.meta.url))

/** Works in a folder of its own, which is gone afterwards. */
export async function inWorkshop<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(WORKSHOP, randomUUID())
  await mkdir(folder, { recursive: true })
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Bundles scripts into the folder as production is bundled, and gives their paths by name: run from source they would carry the
 * cost of the loader's helpers in every function.
 */
export async function bundle(
  folder: string,
  entryPoints: Record<string, URL>,
): Promise<(name: string) => string> {
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(entryPoints).map(([name, url]) => [name, fileURLToPath(url)]),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
  })
  return (name) => `${folder}/${name}.mjs`
}

const canPin = (): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return availableParallelism() > 1
  } catch {
    return false
  }
}

/** Servers run on the one, what loads them on the other. */
export const [SERVER_CPU, LOAD_CPU] = [0, 1]

/** Whether processes can be kept on one CPU each. */
export const pinning = canPin()

/** What this process itself was told of profiles is said to its children, too. */
const PROFILING = process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'))

/** A child that talks over IPC, kept on one CPU where that can be done. */
export function startOn(cpu: number, script: string, args: readonly string[]): Child {
  const command = [process.execPath, ...PROFILING, script, ...args]
  const [program = '', ...rest] = pinning ? ['taskset', '-c', String(cpu), ...command] : command
  return new Child(spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
}

/** Requests and replies with a child, one at a time. */
export class Child {
  constructor(readonly process: ChildProcess) {}

  /** The next message of the child. @throws when it ends instead */
  next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`a bench process ended: ${code ?? signal}`))
      this.process.once('exit', ended)
      this.process.once('message', (message) => {
        this.process.off('exit', ended)
        resolve(message)
      })
    })
  }

  ask(message: object | number): Promise<unknown> {
    const reply = this.next()
    this.process.send(message)
    return reply
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const gone = new Promise<void>((resolve) => this.process.once('exit', () => resolve()))
    this.process.kill(signal)
    await gone
  }
}

const TICKS_PER_SECOND = 100

/** CPU seconds that the whole machine has worked so far; undefined where the system does not tell. */
export function machineBusy(): number | undefined {
  if (!existsSync('/proc/stat')) return undefined
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = first
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
}

export const machineName = (): string =>
  `${cpus()[0]?.model.trim() ?? 'unknown CPU'} x ${availableParallelism()}, Node ${process.versions.node}`

/** How many processes wanted a CPU in the last minute. */
export const machineLoad = (): number => loadavg()[0] ?? Number.NaN
