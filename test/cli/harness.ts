import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { run } from '../../src/cli/main.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { emptyDatabase } from '../support/database.ts'

export type Env = Record<string, string | undefined>

export const SECRET = 'a secret for tests, longer than thirty-two characters'

/** The environment of a migrated database of its own, whose server's address is known. */
export async function freshEnv(): Promise<Env & { DATABASE_URL: string }> {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  return { DATABASE_URL: databaseUrl, BILLINGWATCH_SECRET: SECRET, PUBLIC_URL: 'http://localhost:4321' }
}

export interface Ran {
  code: number
  stdout: string
  stderr: string
  /** Standard output as the one JSON document that it has to be. */
  json: () => unknown
}

/** Runs a command line in this process. */
export async function cli(env: Env, argv: readonly string[], stdin = ''): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await run(argv, {
    env,
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
  })
  const stdout = out.join('')
  return { code, stdout, stderr: err.join(''), json: () => JSON.parse(stdout) }
}

/** Runs a command that must succeed. What it says beside its JSON goes to stderr. */
export async function cliJson(env: Env, argv: readonly string[], stdin?: string): Promise<unknown> {
  const ran = await cli(env, [...argv, '--json'], stdin)
  expect(ran.code, ran.stderr).toBe(0)
  return ran.json()
}
