import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../support/servers.ts'
import type { Place } from './places.ts'

const run = promisify(execFile)
const INSTALLED = '/usr/lib/postgresql'
const STARTED_WITHIN_MS = 60_000

/** Where PostgreSQL's programs are: the newest version that is installed as Debian does it, or in PATH. */
function programs(): string | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : []
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(INSTALLED, version, 'bin'))
  return [...folders, ...(process.env['PATH'] ?? '').split(':')].find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  )
}

export const missingOwnPostgres = async (): Promise<string | undefined> =>
  programs() === undefined ? 'initdb and postgres are not installed' : undefined

/** PostgreSQL refuses to run as root: the user that its packages make does it then. */
function asItsUser(program: string, argv: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [...argv]]
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...argv]]
}

/** A PostgreSQL server of the fault's own, which may be stopped. */
export class OwnPostgres implements Place {
  #server: ChildProcess | undefined

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const bin = programs()
    if (bin === undefined) throw new Error('PostgreSQL is not installed')
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-postgres-'))
    const server = new OwnPostgres(bin, folder, await freePort())
    try {
      if (process.getuid?.() === 0) await run('chown', ['postgres:postgres', folder])
      const options = ['-D', server.#data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync']
      await run(...asItsUser(join(bin, 'initdb'), options), { cwd: folder })
      await server.go()
      return server
    } catch (error) {
      await server.drop()
      throw error
    }
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  /** Starts it; resolves when it answers. */
  async go(): Promise<void> {
    const options = ['-D', this.#data, '-p', String(this.port), '-h', '127.0.0.1', '-k', '']
    const [program, argv] = asItsUser(join(this.bin, 'postgres'), options)
    this.#server = spawn(program, argv, { stdio: 'ignore', cwd: this.folder })
    const deadline = performance.now() + STARTED_WITHIN_MS
    while (!(await this.#answers())) {
      if (performance.now() > deadline) throw new Error('PostgreSQL did not start in time')
      await sleep(100)
    }
  }

  /** SIGINT ends its sessions and goes; SIGQUIT goes as in a crash, and recovers when it starts. */
  async halt(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = this.#server
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }

  async drop(): Promise<void> {
    await this.halt('SIGQUIT')
    await rm(this.folder, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    return client
      .connect()
      .then(
        () => true,
        () => false,
      )
      .finally(() => client.end().catch(() => {}))
  }
}
