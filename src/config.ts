import { join } from 'node:path'
import { z } from 'zod'
import { type Declaration, declarations, declare } from './config/declare.ts'
import { readEnvFile } from './config/env-file.ts'
import {
  hosts,
  isLoopback,
  isOrigin,
  LOOPBACK,
  namedValues,
  type RateLimit,
  rateLimit,
  safeOrigin,
  webUrl,
  whole,
} from './config/forms.ts'
import { nearMisses } from './config/near-misses.ts'
import { packageRoot } from './config/package-root.ts'

export type { RateLimit }

/** Every mistake in the environment, named together. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Every variable that is read, once: `--help`, the table in README.md and .env.example are made of it (`npm run docs`). */
const environment = z.object({
  PORT: declare(whole(0, 65_535), { default: '4000', description: 'port to listen on' }),
  HOST: declare(z.string().min(1), { default: '127.0.0.1', description: 'address to listen on' }),
  PUBLIC_URL: declare(webUrl.optional(), {
    default: '',
    description: 'base of the webhook URLs it prints, e.g. https://billing.example.com',
  }),
  DATABASE_URL: declare(
    z.string().regex(/^(file:.+|postgres(ql)?:\/\/.+)$/, 'must begin with file: or postgresql://'),
    {
      default: 'file:./data/billingwatch.db',
      description: 'file:… for SQLite, postgresql://… for PostgreSQL',
    },
  ),
  MIGRATE_DATABASE_URL: declare(
    z
      .string()
      .regex(/^postgres(ql)?:\/\/.+$/, 'must begin with postgresql://')
      .optional(),
    {
      default: '',
      description: "an owner's login for migrations, where DATABASE_URL's may not alter tables",
    },
  ),
  REDIS_URL: declare(
    z
      .string()
      .regex(/^rediss?:\/\/.+$/, 'must begin with redis:// or rediss://')
      .optional(),
    { default: '', description: 'redis://… when several processes share the work: bus and limits' },
  ),
  BILLINGWATCH_SECRET: declare(z.string().min(32, 'must have at least 32 characters').optional(), {
    default: '',
    description:
      'key that encrypts webhook secrets and tokens, at least 32 characters; a local set-up makes one',
  }),
  BILLINGWATCH_SECRET_PREVIOUS: declare(z.string().min(32, 'must have at least 32 characters').optional(), {
    default: '',
    description: 'the former key, while rolling over to a new one',
  }),
  BILLINGWATCH_ADMIN_KEY: declare(
    z
      .string()
      .regex(/^bw_admin_.{24,}$/, 'must be bw_admin_ and at least 24 characters')
      .optional(),
    { default: '', description: "the operator's key, bw_admin_… with at least 24 characters after it" },
  ),
  WEBHOOK_RATE_LIMIT: declare(rateLimit(), {
    default: '6000/60',
    description: 'deliveries/seconds a tenant, fixed window',
  }),
  API_RATE_LIMIT: declare(rateLimit(), {
    default: '1200/60',
    description: 'GraphQL requests/seconds a key, fixed window',
  }),
  PAYLOAD_RETENTION_DAYS: declare(whole(1, 3_650), {
    default: '30',
    description: 'days until the bodies of events are emptied',
  }),
  RETENTION_DAYS: declare(whole(30, 3_650), {
    default: '90',
    description: 'days that events are kept, at least 30',
  }),
  DRAIN_SECONDS: declare(whole(0, 600).optional(), {
    default: '',
    description:
      'seconds between the signal to stop and the end of taking requests, in which /readyz answers 503 so that load balancers send none; 5, in a local set-up 0',
  }),
  MIN_FREE_DISK: declare(whole(0, 1_000_000), {
    default: '512',
    description: 'MB of free disk below which nothing is accepted (SQLite)',
  }),
  ALLOWED_ORIGINS: declare(
    z
      .string()
      .transform((text) => text.split(',').map((origin) => origin.trim()))
      .pipe(
        z.array(z.string().refine(isOrigin, 'must be origins like https://app.example.com, without a path')),
      )
      .optional(),
    {
      default: '',
      description: "browser origins that may call /graphql, comma-separated; the server's own always may",
    },
  ),
  TRUST_PROXY: declare(
    z
      .enum(['true', 'false', '1', '0'], 'must be true or false')
      .transform((text) => text === 'true' || text === '1'),
    { default: 'false', description: 'true to take the client address from x-forwarded-for' },
  ),
  LOG_LEVEL: declare(
    z.enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'must be trace, debug, info, warn, error or silent',
    ),
    { default: 'info', description: 'trace, debug, info, warn, error or silent' },
  ),
  METRICS_TOKEN: declare(z.string().min(16, 'must have at least 16 characters').optional(), {
    default: '',
    description: 'bearer token that /metrics asks for, at least 16 characters; needed outside a local set-up',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: declare(webUrl.optional(), {
    default: '',
    description:
      'where traces go (OpenTelemetry, OTLP over HTTP in JSON), e.g. http://collector:4318; unset: nowhere',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: declare(namedValues().optional(), {
    default: '',
    description: 'headers for it: name=value, comma-separated, values percent-encoded',
  }),
  SMTP_URL: declare(
    z
      .string()
      .regex(/^smtps?:\/\/.+$/, 'must begin with smtp:// or smtps://')
      .optional(),
    { default: '', description: 'smtp://user:password@host:587, the server that alerts by mail go through' },
  ),
  ALERT_FROM: declare(
    z
      .string()
      .regex(/^[^\r\n]*@[^\r\n]+$/, 'must be an address, such as BillingWatch <alerts@example.com>')
      .optional(),
    { default: '', description: 'sender of mails, e.g. BillingWatch <alerts@example.com>' },
  ),
  ALERT_ALLOWED_HOSTS: declare(hosts().optional(), {
    default: '',
    description:
      'hosts and ranges (CIDR) inside your network that alerts may go to, plain http included, comma-separated',
  }),
  SLACK_API_URL: declare(webUrl, {
    default: 'https://slack.com/api',
    description: "where Slack's API is reached",
  }),
  PAGERDUTY_EVENTS_URL: declare(webUrl.optional(), {
    default: '',
    description: "where PagerDuty's Events API is reached; PagerDuty's own, in the US or the EU, when unset",
  }),
  STRIPE_API_URL: declare(safeOrigin, {
    default: 'https://api.stripe.com',
    description: "where Stripe's API is reached: an https origin, or plain http on loopback",
  }),
})

export interface Variable extends Declaration {
  name: string
}

export const VARIABLES: readonly Variable[] = Object.entries(environment.shape).map(([name, form]) => {
  const declaration = declarations.get(form)
  if (declaration === undefined) throw new Error(`${name} has no description`)
  return { name, ...declaration }
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
  /** Between the signal to stop and the end of taking requests. */
  drainSeconds: number
  allowedOrigins: readonly string[]
  trustProxy: boolean
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  metricsToken: string | undefined
  traces: { endpoint: string | undefined; headers: Readonly<Record<string, string>> }
  smtpUrl: string | undefined
  alertFrom: string | undefined
  /** Hosts, addresses and ranges inside the operator's network that alerts may go to. */
  alertAllowedHosts: readonly string[]
  slackApiUrl: string
  pagerDutyEventsUrl: string | undefined
  /** An origin. */
  stripeApiUrl: string
  /** HOST on loopback and PUBLIC_URL unset or local: only then GraphiQL, introspection, a generated secret and open /metrics. */
  local: boolean
  /** What is odd about the environment without making it unusable, a sentence each. */
  warnings: readonly string[]
}

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
  const local = LOOPBACK.test(env.HOST) && (env.PUBLIC_URL === undefined || isLoopback(env.PUBLIC_URL))
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
    drainSeconds: env.DRAIN_SECONDS ?? (local ? 0 : 5),
    allowedOrigins: env.ALLOWED_ORIGINS ?? [],
    trustProxy: env.TRUST_PROXY,
    logLevel: env.LOG_LEVEL,
    metricsToken: env.METRICS_TOKEN,
    traces: { endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {} },
    smtpUrl: env.SMTP_URL,
    alertFrom: env.ALERT_FROM,
    alertAllowedHosts: env.ALERT_ALLOWED_HOSTS ?? [],
    slackApiUrl: env.SLACK_API_URL,
    pagerDutyEventsUrl: env.PAGERDUTY_EVENTS_URL,
    stripeApiUrl: env.STRIPE_API_URL,
    local,
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
