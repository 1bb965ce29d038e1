import { text } from 'node:stream/consumers'
import { type Config, loadConfig, readConfig } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { Tenant } from '../generated/sqlite/client.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import type { Acting } from '../tenancy/acting.ts'
import { type Scope, scopeTo } from '../tenancy/scope.ts'
import { showTenant } from '../tenancy/tenant.ts'
import { dataFolderOf, vaultFor } from '../tenancy/vault.ts'
import { systemClock } from '../time.ts'

export interface Output {
  write(text: string): unknown
  isTTY?: boolean | undefined
  /** Of a terminal: how many characters fit in a line, and whether it shows colours (not with NO_COLOR). */
  columns?: number | undefined
  hasColors?(): boolean
}

/** What a command reads and writes; a test hands in its own. */
export interface Io {
  /** Left out: the process's own. */
  env?: Record<string, string | undefined>
  stdout: Output
  stderr: Output
  stdin: AsyncIterable<Uint8Array | string>
}

/** What acts on tenants need, for the length of one command. */
export interface Office {
  config: Config
  database: Database
  acting: Acting
}

/** What a command has to say: one JSON document, or lines for people. */
export interface Answer {
  json: unknown
  lines: readonly string[]
}

/** A command did its work and found something wrong, which it has said itself. */
export class Unwell extends Error {
  override readonly name = 'Unwell'
}

/** The surroundings of a command. */
export class Shell {
  constructor(readonly io: Io) {}

  /** @throws ConfigError */
  config(overrides: Record<string, string> = {}): Config {
    return this.io.env ? readConfig({ ...this.io.env, ...overrides }) : loadConfig(overrides)
  }

  /** Opens vault and database, migrated as the server would; closes them after `work`. */
  async office<T>(work: (office: Office) => Promise<T>): Promise<T> {
    const config = this.config()
    const vault = vaultFor(config, dataFolderOf(config), { warn: (message) => this.note(message) })
    await migrate(config)
    const database = await openDatabase(config)
    try {
      const actor = { kind: 'OPERATOR', name: 'command line' } as const
      return await work({ config, database, acting: { actor, vault, clock: systemClock } })
    } finally {
      await database.close()
    }
  }

  /**
   * `office` for acts within one tenant.
   * @throws PublicError NOT_FOUND when it is not there
   */
  within<T>(
    tenantId: string,
    work: (scope: Scope, office: Office, tenant: Tenant) => Promise<T>,
  ): Promise<T> {
    return this.office(async (office) => {
      const scope = scopeTo(office.database, tenantId)
      return work(scope, office, await showTenant(scope))
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

  /** Progress of long work: one line that is written over, and nothing where nobody looks. */
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
