import { existsSync } from 'node:fs'
import type { Config } from '../../config.ts'
import { type Database, NotMigratedError } from '../../storage/database.ts'
import { databaseTime, missingMigrations } from '../../storage/health.ts'
import { openDatabase } from '../../storage/open.ts'
import { dataFolderOf, existingVault } from '../../tenancy/vault.ts'
import { systemClock, type WallClock } from '../../time.ts'
import type { Shell } from '../shell.ts'
import { checkAlerts } from './alerts.ts'
import { checkJumps } from './clocks.ts'
import { type Finding, messageOf } from './finding.ts'
import { checkIntegrity } from './integrity.ts'
import { checkConfig, checkDisk, checkFiles, checkRedis } from './machine.ts'
import { checkMoving } from './moving.ts'
import { checkRights } from './rights.ts'
import { checkStripe } from './stripe.ts'
import { checkFailedEvents, checkSecrets, checkTenants, checkWaiting } from './tenants.ts'

/** Every check that changes nothing: nothing is created or migrated. */
export async function diagnose(
  shell: Shell,
  { deep, clock = systemClock }: { deep: boolean; clock?: WallClock },
): Promise<Finding[]> {
  let config: Config
  try {
    config = shell.config()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const advice = 'Correct the environment; `./billingwatch --help` lists every variable.'
    return [{ check: 'configuration', level: 'problem', message, advice }]
  }
  return [
    ...checkConfig(config),
    ...(await checkDisk(config)),
    ...checkFiles(config),
    ...(await checkRedis(config)),
    ...(await checkDatabase(config, clock, deep)),
  ]
}

async function checkDatabase(config: Config, clock: WallClock, deep: boolean): Promise<Finding[]> {
  const file = config.databaseUrl.startsWith('file:') ? config.databaseUrl.slice(5).split('?')[0] : undefined
  if (file !== undefined && !existsSync(file)) {
    const message = `${file} is not there yet; the server makes it at its first start`
    return [{ check: 'database', level: 'notice', message }]
  }
  let database: Database
  const rights: Finding[] = []
  try {
    rights.push(...(await checkIntegrity(config, deep)))
    rights.push(...(await checkRights(config)))
    if (rights.some(({ level }) => level === 'problem')) return rights
    database = await openDatabase(config)
  } catch (error) {
    return [error instanceof NotMigratedError ? notMigrated(error.message) : unreachable(error)]
  }
  try {
    return [...(await checkOpen(database, config, clock)), ...rights]
  } catch (error) {
    return [unreachable(error)]
  } finally {
    await database.close()
  }
}

const unreachable = (error: unknown): Finding => ({
  check: 'database',
  level: 'problem',
  message: messageOf(error),
  advice: 'Check DATABASE_URL, and whether the database runs and lets this user in.',
})

async function checkOpen(database: Database, config: Config, clock: WallClock): Promise<Finding[]> {
  const migrations = await checkMigrations(database)
  // Tables can be read only once their schema is the one that this program knows.
  if (migrations.level === 'problem') return [migrations]
  return [
    { check: 'database', level: 'ok', message: `${database.engine} answers` },
    migrations,
    await checkClock(database, clock),
    ...(await checkJumps(database, clock)),
    await checkSecrets(database, existingVault(config, dataFolderOf(config))),
    ...(await checkFailedEvents(database, clock)),
    ...(await checkWaiting(database, clock)),
    ...(await checkAlerts(database, clock)),
    ...(await checkStripe(database, clock)),
    ...(await checkMoving(database)),
    ...(await checkTenants(database, clock)),
  ]
}

const notMigrated = (message: string): Finding => ({
  check: 'migrations',
  level: 'problem',
  message,
  advice: 'Run `./billingwatch migrate`, or start the server.',
})

async function checkMigrations(database: Database): Promise<Finding> {
  try {
    const missing = await missingMigrations(database)
    if (missing.length === 0) return { check: 'migrations', level: 'ok', message: 'all applied' }
    const message = `${missing.length} to apply: ${missing.join(', ')}`
    return notMigrated(message)
  } catch (error) {
    return notMigrated(messageOf(error))
  }
}

const TOLERATED_SECONDS = 5

async function checkClock(database: Database, clock: WallClock): Promise<Finding> {
  const theirs = await databaseTime(database)
  const apart = Math.round(Math.abs(theirs.getTime() - clock.now().getTime()) / 1000)
  if (apart <= TOLERATED_SECONDS) return { check: 'clock', level: 'ok', message: 'agrees with the database' }
  return {
    check: 'clock',
    level: 'problem',
    message: `${apart} s away from the database's clock`,
    advice: 'Synchronise both machines (NTP): Stripe signatures older than 5 minutes are refused.',
  }
}
