import { text } from 'node:stream/consumers'
import { type Config, ConfigError, loadConfig, readConfig } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { Tenant } from '../generated/sqlite/client.ts'
import { type Database, isPostgres } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { madeDatabase } from '../storage/migrations.ts'
import { openDatabase, placeOf } from '../storage/open.ts'
import { runningServer } from '../storage/running-server.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { sealingAsBefore } from '../tenancy/sealed.ts'
import { showTenant } from '../tenancy/tenant.ts'
import { dataFolderOf, existingVault, type Vault, vaultFor } from '../tenancy/vault.ts'
import { systemClock } from '../time.ts'

export interface Output {
  write(text: string): unknown
  isTTY?: boolean | undefined
  /** Of a terminal: how many characters fit in a line, and whether it shows colours (not with NO_COLOR). */
  columns?: number | undefined
  hasColors?(): boolean
}

/** What a command reads and writes; tests pass their own. */
export interface Io {
  /** Left out: the process's own. */
  env?: Record<string, string | undefined>
  stdout: Output
  stderr: Output
  stdin: AsyncIterable<Uint8Array | string>
}

/** What a command that works on the database needs. */
export interface CommandServices {
  config: Config
  database: Database
  acting: Acting
}

/** A command's result: one JSON document, or lines for people. */
export interface Answer {
  json: unknown
  lines: readonly string[]
}

/** A command has done its work and has reported a problem itself: exit code 1, and no further message. */
export class ProblemReported extends Error {
  override readonly name = 'ProblemReported'
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
export type StopSignal = keyof typeof SIGNAL_NUMBERS

/** A command was interrupted; what it did until then stays done. The message says how to continue. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number
  constructor(message: string, signal: StopSignal) {
    super(message)
    this.exitCode = 128 + SIGNAL_NUMBERS[signal]
  }
}

/** The environment of a command: configuration, database, input and output. */
export class Shell {
  constructor(readonly io: Io) {}

  /** @throws ConfigError */
  config(overrides: Record<string, string> = {}): Config {
    return this.io.env ? readConfig({ ...this.io.env, ...overrides }) : loadConfig(overrides)
  }

  /**
   * Opens vault and database, migrated as the server would; closes them after `work`.
   * @param create whether a missing database is created; a typo in DATABASE_URL must not create one
   * @throws NoDatabaseError
   */
  async withServices<T>(
    work: (services: CommandServices) => Promise<T>,
    { create = false } = {},
  ): Promise<T> {
    const config = this.config()
    for (const warning of config.warnings) this.note(`warning: ${warning}`)
    // A new database is created only when there is a secret for it, and a secret only for an existing database.
    if (create) await this.vault(config)
    await this.migrate(config, { create })
    const ownVault = await this.vault(config)
    const database = await openDatabase(config)
    try {
      const vault = await sealingAsBefore(database, ownVault)
      const actor = { kind: 'OPERATOR', name: 'command line' } as const
      return await work({ config, database, acting: { actor, vault, clock: systemClock } })
    } finally {
      await database.close()
    }
  }

  /**
   * The vault of this configuration; makes a key where a local set-up has none.
   * @throws ConfigError also when a server has the database open: having made no key here, it was given a secret
   */
  private async vault(config: Config): Promise<Vault> {
    const folder = dataFolderOf(config)
    const existing = existingVault(config, folder)
    if (existing) return existing
    const server = await runningServer(config.databaseUrl)
    if (server !== undefined) {
      throw new ConfigError(
        `The server at ${server} has this database open with a BILLINGWATCH_SECRET that this command was not given. Set the same one here, or in .env for both.`,
      )
    }
    return vaultFor(config, folder, { warn: (message) => this.note(message) })
  }

  /** Brings the database up to date, and says so where this made one. */
  async migrate(config: Config, options: { create: boolean }): Promise<string[]> {
    const applied = await migrate(config, options)
    if (madeDatabase(applied)) this.note(`Made a new database: ${placeOf(config.databaseUrl)}`)
    return applied
  }

  /** The base of the server's webhook URLs: PUBLIC_URL or a running server's address; else a guess, with a note that says so. */
  async webhookBase(config: Config): Promise<Pick<Config, 'publicUrl' | 'port'>> {
    const { publicUrl, port, databaseUrl } = config
    if (publicUrl !== undefined) return { publicUrl, port }
    const running = await runningServer(databaseUrl)
    if (running === undefined) {
      const guess = `http://localhost:${port}`
      // Which processes use a database on a server cannot be seen from here.
      const unknown = isPostgres(databaseUrl)
        ? 'PUBLIC_URL is not set'
        : 'No server runs here and PUBLIC_URL is not set'
      this.note(`${unknown}: that webhook URLs begin with ${guess} is a guess.`)
    }
    return { publicUrl: running, port }
  }

  /**
   * `withServices` for work within one tenant.
   * @throws PublicError NOT_FOUND when it is not there
   */
  withTenant<T>(
    tenantId: string,
    work: (scope: Scope, services: CommandServices, tenant: Tenant) => Promise<T>,
  ): Promise<T> {
    return this.withServices(async (services) => {
      const scope = scopeTo(services.database, tenantId)
      return work(scope, services, await showTenant(scope))
    })
  }

  print({ json, lines }: Answer, options: { json?: boolean | undefined }): void {
    const out = options.json ? JSON.stringify(json) : lines.join('\n')
    if (out !== '') this.io.stdout.write(`${out}\n`)
  }

  /** A line for people, beside the result. */
  note(message: string): void {
    this.io.stderr.write(`${message}\n`)
  }

  /** Progress of long work: one line that is overwritten, on a terminal only. */
  progress(message: string): void {
    if (this.io.stderr.isTTY) this.io.stderr.write(`\r\u001b[K${message}`)
  }

  /**
   * A secret as it was given, or from standard input for `-`, since arguments show in `ps`.
   * @throws PublicError BAD_USER_INPUT when nothing came
   */
  async secret(argument: string): Promise<string> {
    if (argument !== '-') return argument
    const given = (await text(this.io.stdin)).trim()
    if (given === '') throw new PublicError('BAD_USER_INPUT', 'no secret came on standard input')
    return given
  }
}
