import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { IntegrityListeners } from '../database.ts'

const answer = z.object({ damage: z.array(z.string()), isRound: z.boolean() })

/** Milliseconds between two ranges, and between two rounds. */
const [PAUSE_MS, EVERY_MS] = [100, 6 * 3_600_000]

/** Of the bundle, where this file is a part of another one at its top; from the sources it needs what reads TypeScript. */
function startWorker(path: string): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./storage/sqlite/integrity-worker.js', import.meta.url), { workerData: path })
  const source = new URL('./integrity-worker.ts', import.meta.url).href
  return new Worker(
    `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(source)}) })`,
    { eval: true, workerData: path },
  )
}

/**
 * Checks a database in use in a thread of its own, a range at a time, round after round, until it finds damage.
 * @returns ends it
 */
export function watchIntegrity(
  path: string,
  { afterMs, onDamage, onError }: IntegrityListeners,
): () => Promise<void> {
  let worker: Worker | undefined
  const next = (): void => {
    worker ??= started()
    worker.postMessage('next')
  }
  const started = (): Worker => {
    const thread = startWorker(path)
    thread.unref()
    thread.on('error', onError)
    thread.on('message', (message: unknown) => {
      const { damage, isRound } = answer.parse(message)
      if (damage.length > 0) onDamage(damage)
      else timer = setTimeout(next, isRound ? EVERY_MS : PAUSE_MS).unref()
    })
    return thread
  }
  let timer = setTimeout(next, afterMs).unref()
  return async () => {
    clearTimeout(timer)
    await worker?.terminate()
  }
}
