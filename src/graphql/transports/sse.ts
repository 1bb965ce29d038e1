import type { ServerResponse } from 'node:http'
import { PublicError } from '../../errors.ts'
import type { Quota } from '../../limits/quota.ts'
import type { Caller } from '../../tenancy/caller.ts'
import type { CredentialsWatch, CutOff } from '../../tenancy/cutoff.ts'
import type { Connection } from '../context.ts'

/** The error that a client gets when its access ends during a request or a subscription. */
export const CUT_OFF_MESSAGES: Record<CutOff, string> = {
  expired: 'The access token has expired: fetch a new one.',
  revoked: 'These credentials are no longer valid.',
  suspended: 'The tenant was suspended.',
  deleted: 'The tenant was deleted.',
}

/** Subscriptions over server-sent events: they end with their credentials, and say why; with the server they are cut. */
export class SseConnections {
  readonly #credentials: CredentialsWatch
  readonly #quota: Quota
  /** Cuts each of the open ones. */
  readonly #open = new Set<() => void>()
  #draining = false

  /** @param quota of subscriptions of a tenant */
  constructor(credentials: CredentialsWatch, quota: Quota) {
    this.#credentials = credentials
    this.#quota = quota
  }

  /** @param response that the events go into */
  connectionOf(caller: Caller, response: ServerResponse | undefined): Connection {
    const cut = () => void response?.destroy()
    return {
      open: async () => {
        const giveBack = await this.#quota.take(caller.tenantId ?? '')
        const controller = new AbortController()
        const stopWatching = this.#credentials.watch(caller, (reason) =>
          controller.abort(new PublicError('UNAUTHENTICATED', CUT_OFF_MESSAGES[reason])),
        )
        this.#open.add(cut)
        if (this.#draining) cut()
        return {
          signal: controller.signal,
          close: () => {
            giveBack()
            stopWatching()
            this.#open.delete(cut)
          },
        }
      },
      // The response is a stream that is pulled: nothing is read on before the client has taken what went before.
      drained: async () => {},
    }
  }

  /** Cuts every connection: a stream that ends properly is over for a client, one that breaks it begins again elsewhere. */
  drain(): void {
    this.#draining = true
    for (const cut of [...this.#open]) cut()
  }
}
