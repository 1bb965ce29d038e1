import type { ImportJob, StripeConnection } from '../generated/sqlite/client.ts'
import type { ReplayParts } from '../pipeline/stored-replay.ts'
import { lockConnection } from '../storage/connect/lock.ts'
import { releaseJudging } from '../storage/connect/pages.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Vault } from '../tenancy/vault.ts'
import { type Seconds, toDate } from '../time.ts'
import type { StripeApi } from './api.ts'
import { accountsOf, eventLists } from './event-lists.ts'
import {
  countJobs,
  newestJob,
  readOptions,
  readProgress,
  resumeImports,
  runningJob,
  takeUpRefused,
} from './jobs.ts'
import { listedEvents } from './listed-event.ts'
import { lookAgain } from './look-again.ts'
import { apiWith, openKey, type StripeMeans } from './means.ts'
import { olderLists } from './older-objects.ts'
import { judgePast } from './past.ts'
import { isGranted, readGranted } from './permissions.ts'
import { type OptionalList, readLists } from './read-lists.ts'
import { SETTLED } from './settled.ts'
import { noteRefused, noteTrouble } from './standing.ts'
import type { StripeTrouble } from './trouble.ts'

/** What an import says while it works. */
export interface ImportStep {
  step: 'backfill' | 'history' | 'judging'
  /** Of this step so far. */
  done: number
}

export interface ImportParts extends ReplayParts {
  scope: Scope
  means: StripeMeans
  vault: Vault
  signal?: AbortSignal | undefined
  onStep(step: ImportStep): void
}

/**
 * Fetches the past of a connection, judges it and says up to when nothing is missing. It may be broken off at any moment
 * and goes on where it was; one that ended because Stripe refused the key, too, once the key works again.
 * @throws StripeTrouble, noted with the connection: what is done stays done
 */
export async function runImport(parts: ImportParts, connection: StripeConnection): Promise<void> {
  const { scope, clock } = parts
  let present = connection
  do {
    const { sealed } = present
    await read(parts, present)
    const fresh = await scope.db.stripeConnection.findFirst({
      where: { tenantId: scope.tenantId, id: connection.id },
    })
    if (fresh === null) return
    present = fresh
    // The former key may have been refused something after another had come.
    if (present.sealed !== sealed)
      await scope.transaction((db) =>
        takeUpRefused(db, present, readGranted(present.permissions), clock.now()),
      )
    await judgePast({ ...parts, onJudged: (done) => parts.onStep({ step: 'judging', done }) }, present)
  } while (!(await finish(parts, present)))
  await releaseJudging(scope.sql, scope.tenantId)
}

async function read(parts: ImportParts, connection: StripeConnection): Promise<void> {
  const { scope, vault, means, signal } = parts
  const api = await apiWith(means, openKey(vault, connection), { signal })
  try {
    const present = await resumed(parts, api, connection)
    await backfill(parts, present, api)
    await history(parts, present, api)
  } catch (error) {
    await noteTrouble(scope, parts.clock, connection, error)
    throw error
  }
}

/** @returns the connection as it stands once the key works */
async function resumed(
  { scope, clock }: ImportParts,
  api: StripeApi,
  connection: StripeConnection,
): Promise<StripeConnection> {
  if ((await countJobs(scope.db, connection, 'FAILED')) === 0) return connection
  const looked = await lookAgain({ scope, clock }, api, connection)
  await resumeImports(scope.db, connection, clock.now())
  return looked
}

async function backfill(parts: ImportParts, connection: StripeConnection, api: StripeApi): Promise<void> {
  const { id, endpointId } = connection
  const { scope, clock, onStep } = parts
  const job = await runningJob(scope, id, 'BACKFILL')
  if (job === null) return
  const source = 'BACKFILL' as const
  const accounts = [undefined, ...(await accountsOf(scope, connection))]
  const lists = accounts.flatMap((account) =>
    eventLists(account, (body) => listedEvents(body, { endpointId, source, account })),
  )
  let done = job.read
  const onPage = ({ read }: { read: number }): void => {
    done += read
    onStep({ step: 'backfill', done })
  }
  const reading = { scope, clock, api, onPage, ...refusals(parts, connection) }
  await readLists({ ...reading, provenTo: provenTo(job) }, job, lists)
  await end(parts, job)
}

/** Older objects. */
async function history(parts: ImportParts, connection: StripeConnection, api: StripeApi): Promise<void> {
  const { scope, clock, onStep } = parts
  const { id, endpointId, livemode } = connection
  const job = await runningJob(scope, id, 'HISTORY')
  if (job === null) return
  const about = { endpointId, livemode, span: readOptions(job) }
  const accounts = [undefined, ...(await accountsOf(scope, connection))]
  const lists = accounts.flatMap((account) => olderLists({ ...about, account }))
  let done = job.read
  const onPage = ({ read }: { read: number }): void => {
    done += read
    onStep({ step: 'history', done })
  }
  const reading = { scope, clock, api, onPage, ...refusals(parts, connection) }
  await readLists({ ...reading, provenTo: 0 }, job, lists)
  await end(parts, job)
}

/** Which lists are left out, and what is said of them. */
function refusals({ scope, clock }: ImportParts, connection: StripeConnection) {
  const permissions = readGranted(connection.permissions)
  return {
    mayRead: (permission: string) => isGranted(permissions, permission),
    onRefused: ({ account, needs }: OptionalList, error: StripeTrouble) =>
      noteRefused(scope, clock, connection, { account, permission: needs, error }),
  }
}

const provenTo = (job: ImportJob): Seconds => readOptions(job).to - SETTLED

async function end({ scope: { db, tenantId }, clock }: ImportParts, { id }: ImportJob): Promise<void> {
  const now = clock.now()
  await db.importJob.updateMany({
    where: { tenantId, id, state: 'RUNNING' },
    data: { state: 'DONE', finishedAt: now, updatedAt: now },
  })
}

/** @returns false when more is to be read meanwhile */
function finish({ scope, clock }: ImportParts, connection: StripeConnection): Promise<boolean> {
  const { tenantId, transaction } = scope
  const { id, through } = connection
  return transaction(async (db) => {
    // Whoever lets an import go on has to wait, so that none is left behind.
    await lockConnection(db, connection)
    const job = await newestJob({ db, tenantId }, id, 'BACKFILL')
    if (job === null) return true
    if ((await countJobs(db, connection, 'RUNNING', 'FAILED')) > 0) return false
    const proven = toDate(provenTo(job))
    const { counted } = readProgress(job)
    await db.stripeConnection.updateMany({
      where: { tenantId, id },
      data: {
        ...((through === null || through < proven) && {
          through: proven,
          atStripe: counted,
          stored: counted,
          missing: 0,
        }),
        reconcileAt: new Date(clock.now().getTime() + SETTLED * 1_000),
        rationSince: clock.now(),
        rationSpent: 0,
      },
    })
    return true
  })
}
