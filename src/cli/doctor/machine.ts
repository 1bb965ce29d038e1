import { existsSync } from 'node:fs'
import type { Config } from '../../config.ts'
import { sharedAddressOf } from '../../http/forwarding.ts'
import { freeBytes } from '../../ingest/disk.ts'
import { isPrivate } from '../../storage/private-files.ts'
import { BESIDE, pathOf } from '../../storage/sqlite/path.ts'
import { dataFolderOf } from '../../tenancy/vault.ts'
import { type Finding, messageOf } from './finding.ts'

export function checkConfig(config: Config): Finding[] {
  const findings: Finding[] = []
  const add = (level: Finding['level'], message: string, advice?: string): void =>
    void findings.push({
      check: 'configuration',
      level,
      message,
      ...(advice === undefined ? {} : { advice }),
    })
  const place = config.local ? 'a local set-up' : `for ${config.publicUrl ?? config.host}`
  add('ok', `readable, ${place}`)
  for (const warning of config.warnings) add('notice', warning, 'Correct its name, or unset it.')
  if (config.secret === undefined && !config.local) {
    add(
      'problem',
      'BILLINGWATCH_SECRET is not set, so the server refuses to start',
      'Set it to at least 32 random characters: openssl rand -base64 32.',
    )
  }
  if (!config.local && config.publicUrl === undefined) {
    add(
      'notice',
      'PUBLIC_URL is not set, so webhook URLs say localhost',
      'Set it to the address that Stripe reaches.',
    )
  }
  if (config.publicUrl?.startsWith('http:') && !config.local) {
    add('notice', 'PUBLIC_URL is not https', 'Stripe delivers live events to https only.')
  }
  if (!config.local && config.metricsToken === undefined) {
    add(
      'notice',
      'METRICS_TOKEN is not set, so /metrics stays shut',
      'Set it, to at least 16 characters, where Prometheus has to read it.',
    )
  }
  const oneAddress = sharedAddressOf(config)
  if (oneAddress !== undefined) add('notice', oneAddress)
  if (config.previousSecret !== undefined) {
    add(
      'notice',
      'BILLINGWATCH_SECRET_PREVIOUS is still set',
      'Run `./billingwatch secret rewrap`, then take it out.',
    )
  }
  return findings
}

const MEGABYTE = 1024 * 1024

export async function checkDisk(config: Config): Promise<Finding[]> {
  const folder = dataFolderOf(config)
  if (!config.databaseUrl.startsWith('file:') || !existsSync(folder)) return []
  const free = await freeBytes(folder)
  const message = `${Math.floor(free / MEGABYTE)} MB free in ${folder}`
  if (free >= config.minFreeDisk) return [{ check: 'disk', level: 'ok', message }]
  const least = config.minFreeDisk / MEGABYTE
  return [
    {
      check: 'disk',
      level: 'problem',
      message: `${message}: under MIN_FREE_DISK (${least} MB), so deliveries are answered 503`,
      advice: 'Free some, or keep less: PAYLOAD_RETENTION_DAYS, RETENTION_DAYS.',
    },
  ]
}

/** Files that others on this machine can read, though the server takes that away wherever it may. */
export function checkFiles({ databaseUrl }: Config): Finding[] {
  if (!databaseUrl.startsWith('file:')) return []
  const path = pathOf(databaseUrl)
  const open = [path, ...BESIDE.map((suffix) => path + suffix)].filter((file) => !isPrivate(file))
  if (open.length === 0) return []
  return [
    {
      check: 'database',
      level: 'notice',
      message: `other users of this machine can read ${open.join(', ')}`,
      advice:
        'Start the server as the owner of these files, or run: chmod 600, on a file system that has modes.',
    },
  ]
}

export async function checkRedis({ redisUrl }: Config): Promise<Finding[]> {
  if (redisUrl === undefined) return []
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl, { lazyConnect: true, connectTimeout: 2_000, retryStrategy: () => null })
  // What connect() throws says only that there is no connection.
  let trouble: unknown
  redis.on('error', (error: Error) => {
    trouble = error
  })
  try {
    await redis.connect()
    await redis.ping()
    return [{ check: 'redis', level: 'ok', message: 'answers' }]
  } catch (error) {
    const advice = 'Check REDIS_URL. Until it answers, each process counts limits alone and polls for news.'
    const message = `${new URL(redisUrl).host} does not answer: ${messageOf(trouble ?? error)}`
    return [{ check: 'redis', level: 'problem', message, advice }]
  } finally {
    redis.disconnect()
  }
}
