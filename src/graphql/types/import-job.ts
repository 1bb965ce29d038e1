import { PublicError } from '../../errors.ts'
import { builder } from '../builder.ts'
import { type Context, scopeOf } from '../context.ts'
import { type IMPORT_KINDS, type IMPORT_STATES, type JobView, readImportJob } from '../read/import-jobs.ts'
import { Node } from './node.ts'

const ImportKind = builder.enumType('ImportKind', {
  description: "What kind of work on a tenant's past.",
  values: {
    BACKFILL: { description: "Events of the last days, from Stripe's API." },
    HISTORY: { description: 'Older objects, as events of their own times.' },
    REBUILD: { description: 'The past judged anew from the facts that are kept.' },
  } satisfies Record<(typeof IMPORT_KINDS)[number], { description: string }>,
})

const ImportState = builder.enumType('ImportState', {
  description: 'Where it is.',
  values: {
    RUNNING: { description: 'It goes on, or is gone on with after an interruption.' },
    DONE: { description: 'It is complete.' },
    FAILED: { description: 'It ended without: `error` says why.' },
  } satisfies Record<(typeof IMPORT_STATES)[number], { description: string }>,
})

export const ImportJob = builder.objectRef<JobView>('ImportJob').implement({
  description: "Long work on a tenant's past.",
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `imp_`.' }),
    kind: t.expose('kind', { type: ImportKind, description: 'What kind of work.' }),
    state: t.expose('state', { type: ImportState, description: 'Where it is.' }),
    read: t.exposeInt('read', { description: 'Events read so far; of a HISTORY older objects.' }),
    stored: t.exposeInt('stored', {
      description: 'Events stored; of a REBUILD anomalies that are new, gone or changed.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Wall clock.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'Wall clock.' }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed, and what to do.' }),
    result: t.expose('result', {
      type: 'JSON',
      nullable: true,
      description:
        'Of a REBUILD that is DONE: `{events, judgedFrom, same, new, gone, changed}`; the last three have `count` and the `first` 100 anomalies.',
    }),
  }),
})

/** Milliseconds between two looks at a job that is followed. */
const LOOK_EVERY = 500

/** @throws PublicError NOT_FOUND before anything is sent */
async function progressOf(context: Context, id: string): Promise<AsyncGenerator<JobView>> {
  const scope = scopeOf(context)
  const first = await readImportJob(scope, id)
  if (first === undefined) throw new PublicError('NOT_FOUND', `There is no import ${id}.`)
  const slot = await context.connection.open()
  return changes(
    first,
    () => readImportJob(scope, id),
    slot.signal,
    () => slot.close(),
  )
}

async function* changes(
  first: JobView,
  read: () => Promise<JobView | undefined>,
  signal: AbortSignal,
  onEnd: () => void,
): AsyncGenerator<JobView> {
  try {
    let said: string | undefined
    for (let job: JobView | undefined = first; job !== undefined && !signal.aborted; job = await read()) {
      const now = JSON.stringify(job)
      if (now !== said) yield job
      said = now
      if (job.state !== 'RUNNING') return
      await pause(signal)
    }
    if (signal.reason instanceof PublicError) throw signal.reason
  } finally {
    onEnd()
  }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, LOOK_EVERY)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })

builder.subscriptionFields((t) => ({
  importProgress: t.field({
    type: ImportJob,
    authScopes: { viewer: true },
    description: 'A job as it stands, then each time that it has changed; completes when the job has ended.',
    args: { id: t.arg.id({ required: true, description: 'The job, `imp_…`.' }) },
    subscribe: (_root, { id }, context) => progressOf(context, id),
    resolve: (job) => job,
  }),
}))
