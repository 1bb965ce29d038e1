import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { vi } from 'vitest'
import { atEnd } from './endings.ts'
import { freePort } from './servers.ts'

const place = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync)

if (place === undefined)
  process.stderr.write('Skipped: the tests behind a pooler, as there is no PgBouncer in /usr/sbin.\n')

export const hasPooler = place !== undefined

/** It refuses to run as root. */
const NOBODY = 65_534

/** PgBouncer in front of a database, which lends one of two sessions for each transaction. @returns the URL through it */
export async function startPooler(databaseUrl: string): Promise<string> {
  if (place === undefined) throw new Error('there is no PgBouncer')
  const url = new URL(databaseUrl)
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'billingwatch-pooler-'))
  await chmod(folder, 0o755)
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, configuration(url, port))
  const isRoot = process.getuid?.() === 0
  const pooler = spawn(place, ['--quiet', file], {
    stdio: 'ignore',
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  })
  atEnd(async () => {
    pooler.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })
  url.hostname = '127.0.0.1'
  url.port = String(port)
  await vi.waitFor(() => answers(url.href), { timeout: 10_000 })
  return url.href
}

const configuration = (server: URL, port: number): string => `[databases]
* = host=${server.hostname} port=${server.port || 5432} user=${server.username || 'root'}${server.password && ` password=${decodeURIComponent(server.password)}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`

async function answers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await client.end()
}
