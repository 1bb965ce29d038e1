import { PublicError } from '../../errors.ts'
import type { Context } from '../context.ts'

/**
 * Opens a subscription. The `return()` of its iterator takes effect at once: a plain generator that waits for its next
 * row would end only with that row, and hold its reader and timers until then.
 * @param run ends when its signal is aborted
 * @throws PublicError RATE_LIMITED when the tenant has too many open; from `next`, once, why it was ended
 */
export async function openSubscription<Row>(
  { connection, loaders, services }: Pick<Context, 'connection' | 'loaders' | 'services'>,
  run: (signal: AbortSignal) => AsyncGenerator<Row>,
): Promise<AsyncGenerator<Row>> {
  const slot = await connection.open()
  const own = new AbortController()
  const abort = () => own.abort(slot.signal.reason)
  if (slot.signal.aborted) abort()
  slot.signal.addEventListener('abort', abort)
  const rows = run(own.signal)
  services.metrics.subscriptions.inc()

  let ended = false
  const end = () => {
    if (ended) return
    ended = true
    slot.signal.removeEventListener('abort', abort)
    slot.close()
    services.metrics.subscriptions.dec()
  }
  const leave = () => {
    own.abort()
    end()
  }
  let isReasonReported = false
  const stream: AsyncGenerator<Row> = {
    async next() {
      try {
        const result = await rows.next()
        loaders?.payloads.renew()
        if (!result.done) return result
        end()
        if (own.signal.reason instanceof PublicError && !isReasonReported) {
          isReasonReported = true
          throw own.signal.reason
        }
        return result
      } catch (error) {
        end()
        throw error
      }
    },
    async return(value: unknown) {
      leave()
      return rows.return(value)
    },
    async throw(error: unknown) {
      leave()
      return rows.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined)
    },
  }
  return stream
}
