import type { ServerResponse } from 'node:http'
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

/** Subscriptions over server-sent events: they end with their credentials, and are cut when the server drains. */
export class Streams {
  readonly #credentials: CredentialsWatch
  readonly #quota: Quota
  readonly #open = new Set<ServerResponse>()

  /** @param quota of subscriptions of a tenant */
  constructor(credentials: CredentialsWatch, quota: Quota) {
    this.#credentials = credentials
    this.#quota = quota
  }

  connectionOf(caller: Caller, response: ServerResponse | undefined): Connection {
    return {
      open: async () => {
        const giveBack = await this.#quota.take(caller.tenantId ?? '')
        const controller = new AbortController()
        const stopWatching = this.#credentials.watch(caller, (reason) =>
          controller.abort(new PublicError('UNAUTHENTICATED', ENDED[reason])),
        )
        if (response) this.#open.add(response)
        return {
          signal: controller.signal,
          close: () => {
            giveBack()
            stopWatching()
            if (response) this.#open.delete(response)
          },
        }
      },
      // The response is a stream that is pulled: nothing is read on before the client has taken what went before.
      drained: async () => {},
    }
  }

  /** Cuts them instead of completing them: a client comes back after a cut, and takes a completed one for over. */
  drain(): void {
    for (const response of this.#open) response.destroy()
  }
}
