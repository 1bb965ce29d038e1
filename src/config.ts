import { join } from 'node:path'
import { z } from 'zod'
import { readEnvFile } from './config/env-file.ts'
import { nearMisses } from './config/near-misses.ts'
import { packageRoot } from './config/package-root.ts'

/** Every mistake in the environment, named together. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface Variable {
  name: string
  default: string
  description: string
}

/** Every variable that is read, for `--help` and the README. */
export const VARIABLES: readonly Variable[] = [
  { name: 'PORT', default: '4000', description: 'port to listen on' },
  { name: 'HOST', default: '127.0.0.1', description: 'address to listen on' },
  {
    name: 'PUBLIC_URL',
    default: '',
    description: 'base of the webhook URLs it prints, e.g. https://billing.example.com',
  },
  {
    name: 'DATABASE_URL',
    default: 'file:./data/billingwatch.db',
    description: 'file:… for SQLite, postgresql://… for PostgreSQL',
  },
  {
    name: 'MIGRATE_DATABASE_URL',
    default: '',
    description: "an owner's login for migrations, where DATABASE_URL's may not alter tables",
  },
  {
    name: 'REDIS_URL',
    default: '',
    description: 'redis://… when several processes share the work: bus and limits',
  },
  {
    name: 'BILLINGWATCH_SECRET',
    default: '',
    description:
      'key that encrypts webhook secrets and tokens, at least 32 characters; a local set-up makes one',
  },
  {
    name: 'BILLINGWATCH_SECRET_PREVIOUS',
    default: '',
    description: 'the former key, while rolling over to a new one',
  },
  {
    name: 'BILLINGWATCH_ADMIN_KEY',
    default: '',
    description: "the operator's key, bw_admin_… with at least 24 characters after it",
  },
  {
    name: 'WEBHOOK_RATE_LIMIT',
    default: '6000/60',
    description: 'deliveries/seconds a tenant, fixed window',
  },
  { name: 'API_RATE_LIMIT', default: '1200/60', description: 'GraphQL requests/seconds a key, fixed window' },
  {
    name: 'PAYLOAD_RETENTION_DAYS',
    default: '30',
    description: 'days until the bodies of events are emptied',
  },
  { name: 'RETENTION_DAYS', default: '90', description: 'days that events are kept, at least 30' },
  {
    name: 'MIN_FREE_DISK',
    default: '512',
    description: 'MB of free disk below which nothing is accepted (SQLite)',
  },
  {
    name: 'ALLOWED_ORIGINS',
    default: '',
    description: "browser origins that may call /graphql, comma-separated; the server's own always may",
  },
  {
    name: 'TRUST_PROXY',
    default: 'false',
    description: 'true to take the client address from x-forwarded-for',
  },
  { name: 'LOG_LEVEL', default: 'info', description: 'trace, debug, info, warn, error or silent' },
  {
    name: 'METRICS_TOKEN',
    default: '',
    description: 'bearer token that /metrics asks for, at least 16 characters; needed outside a local set-up',
  },
]

export interface RateLimit {
  requests: number
  seconds: number
}

const rateLimit = z
  .string()
  .regex(/^\d{1,9}\/\d{1,6}$/, 'must be requests/seconds, e.g. 6000/60')
  .transform((text): RateLimit => {
    const [requests = 0, seconds = 0] = text.split('/').map(Number)
    return { requests, seconds }
  })
  .refine(({ requests, seconds }) => requests > 0 && seconds > 0, 'both numbers must be at least 1')

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`)

const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''))

const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text

const environment = z.object({
  PORT: whole(0, 65_535),
  HOST: z.string().min(1),
  PUBLIC_URL: webUrl.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)$/, 'must begin with file: or postgresql://'),
  MIGRATE_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/.+$/, 'must begin with postgresql://')
    .optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, 'must begin with redis:// or rediss://')
    .optional(),
  BILLINGWATCH_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  BILLINGWATCH_SECRET_PREVIOUS: z.string().min(32, 'must have at least 32 characters').optional(),
  BILLINGWATCH_ADMIN_KEY: z
    .string()
    .regex(/^bw_admin_.{24,}$/, 'must be bw_admin_ and at least 24 characters')
    .optional(),
  WEBHOOK_RATE_LIMIT: rateLimit,
  API_RATE_LIMIT: rateLimit,
  PAYLOAD_RETENTION_DAYS: whole(1, 3_650),
  RETENTION_DAYS: whole(30, 3_650),
  MIN_FREE_DISK: whole(0, 1_000_000),
  ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(
      z.array(z.string().refine(isOrigin, 'must be origins like https://app.example.com, without a path')),
    )
    .optional(),
  TRUST_PROXY: z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .transform((text) => text === 'true' || text === '1'),
  LOG_LEVEL: z.enum(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'must be trace, debug, info, warn, error or silent',
  ),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
})

/** The environment, read once and frozen; the rest of the program never sees process.env. */
export interface Config {
  port: number
  host: string
  publicUrl: string | undefined
  databaseUrl: string
  migrateDatabaseUrl: string | undefined
  redisUrl: string | undefined
  secret: string | undefined
  previousSecret: string | undefined
  adminKey: string | undefined
  webhookRateLimit: RateLimit
  apiRateLimit: RateLimit
  payloadRetentionDays: number
  retentionDays: number
  /** Bytes. */
  minFreeDisk: number
  allowedOrigins: readonly string[]
  trustProxy: boolean
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  metricsToken: string | undefined
  /** HOST on loopback and PUBLIC_URL unset or local: only then GraphiQL, introspection, a generated secret and open /metrics. */
  local: boolean
  /** What is odd about the environment without making it unusable, a sentence each. */
  warnings: readonly string[]
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

/**
 * @param source variables by name; empty ones count as unset
 * @throws ConfigError naming every variable that is wrong, and why
 */
export function readConfig(source: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    VARIABLES.map(({ name, default: fallback }) => [name, source[name]?.trim() || fallback || undefined]),
  )
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${String(issue.path[0])} ${issue.message}`)
    throw new ConfigError(`The environment is not usable:\n${[...new Set(lines)].join('\n')}`)
  }
  const env = parsed.data
  return Object.freeze({
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL,
    databaseUrl: env.DATABASE_URL,
    migrateDatabaseUrl: env.MIGRATE_DATABASE_URL,
    redisUrl: env.REDIS_URL,
    secret: env.BILLINGWATCH_SECRET,
    previousSecret: env.BILLINGWATCH_SECRET_PREVIOUS,
    adminKey: env.BILLINGWATCH_ADMIN_KEY,
    webhookRateLimit: env.WEBHOOK_RATE_LIMIT,
    apiRateLimit: env.API_RATE_LIMIT,
    payloadRetentionDays: env.PAYLOAD_RETENTION_DAYS,
    retentionDays: env.RETENTION_DAYS,
    minFreeDisk: env.MIN_FREE_DISK * 1024 * 1024,
    allowedOrigins: env.ALLOWED_ORIGINS ?? [],
    trustProxy: env.TRUST_PROXY,
    logLevel: env.LOG_LEVEL,
    metricsToken: env.METRICS_TOKEN,
    local: LOOPBACK.test(env.HOST) && (env.PUBLIC_URL === undefined || isLoopback(env.PUBLIC_URL)),
    warnings: warningsOf(source),
  })
}

const warningsOf = (source: Record<string, string | undefined>): string[] =>
  nearMisses(
    source,
    VARIABLES.map(({ name }) => name),
  ).map(({ given, meant }) =>
    meant === undefined
      ? `${given} is set, but there is no such variable`
      : `${given} is set, but not read: did you mean ${meant}?`,
  )

/**
 * process.env, and beneath it `.env` beside package.json, through `readConfig`. Tests must not depend on how the
 * checkout that they run in is set up, so they ignore the file.
 * @param overrides what the command line says instead, under the variable's name
 * @throws ConfigError
 */
export const loadConfig = (overrides: Record<string, string> = {}): Config =>
  readConfig({ ...(process.env['NODE_ENV'] === 'test' ? {} : envFile()), ...process.env, ...overrides })

function envFile(): Record<string, string | undefined> {
  const folder = packageRoot()
  if (folder === undefined) return {}
  const path = join(folder, '.env')
  try {
    return readEnvFile(path)
  } catch (error) {
    throw new ConfigError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
