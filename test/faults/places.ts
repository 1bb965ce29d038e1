import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServerDatabase, serverAnswers } from '../support/postgres-server.ts'

const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Where a fault's database lies, for as long as the fault lasts. */
export interface Place {
  readonly url: string
  drop(): Promise<void>
}

export async function onSqlite(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'billingwatch-fault-'))
  return {
    url: `file:${join(folder, 'fault.db')}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A database of its own on the PostgreSQL that is there. */
export const onPostgres: () => Promise<Place> = createServerDatabase

/** @returns what a fault on PostgreSQL lacks here, in words */
export const missingPostgres = async (): Promise<string | undefined> =>
  (await serverAnswers())
    ? undefined
    : 'no PostgreSQL answers; set TEST_DATABASE_URL to the login of a superuser'

/** The Redis that is there, as servers are told of it; nothing where none answers. */
export async function sharedRedis(): Promise<Record<string, string>> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {})
  return redis
    .connect()
    .then(
      () => ({ REDIS_URL }),
      () => ({}),
    )
    .finally(() => redis.disconnect())
}
