import { PublicError } from '../errors.ts'
import type { Quota } from '../quota/quota.ts'
import type { Caller } from '../tenancy/caller.ts'
import type { CredentialsWatch, CutOff } from '../tenancy/cutoff.ts'
import type { Connection } from './context.ts'

/** What is told to whom it happens in the middle of something. */
export const ENDED: Record<CutOff, string> = {
  expired: 'The access token has expired: fetch a new one.',
  revoked: 'These credentials are not good any more.',
  suspended: 'The tenant was suspended.',
  deleted: 'The tenant was deleted.',
}

/** Subscriptions over server-sent events: they end with their credentials, and with the server, and are told why. */
export class Streams {
  readonly #credentials: CredentialsWatch
  readonly #quota: Quota
  readonly #open = new Set<AbortController>()

  /** @param quota of subscriptions of a tenant */
  constructor(credentials: CredentialsWatch, quota: Quota) {
    this.#credentials = credentials
    this.#quota = quota
  }

  connectionOf(caller: Caller): Connection {
    return {
      open: async () => {
        const giveBack = await this.#quota.take(caller.tenantId ?? '')
        const controller = new AbortController()
        const stopWatching = this.#credentials.watch(caller, (reason) =>
          controller.abort(new PublicError('UNAUTHENTICATED', ENDED[reason])),
        )
        this.#open.add(controller)
        return {
          signal: controller.signal,
          close: () => {
            giveBack()
            stopWatching()
            this.#open.delete(controller)
          },
        }
      },
      // The response is a stream that is pulled: nothing is read on before the client has taken what went before.
      drained: async () => {},
    }
  }

  /** Sends everybody away to resume elsewhere. */
  drain(): void {
    const reason = new PublicError(
      'DRAINING',
      'The server is going down: subscribe again, from your last cursor.',
    )
    for (const controller of this.#open) controller.abort(reason)
  }
}
