import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import { PublicError } from '../../errors.ts'
import type { Quota } from '../../limits/quota.ts'
import type { Logger } from '../../log.ts'
import { TokenExpired } from '../../tenancy/access-tokens.ts'
import type { Caller } from '../../tenancy/caller.ts'
import type { CredentialsWatch } from '../../tenancy/cutoff.ts'
import type { Gate } from '../../tenancy/gate.ts'
import { isAllowedOrigin } from './origins.ts'

/** Why the server closes a socket; clients treat 4401 as final and reconnect after the others. */
export const CLOSE = {
  UNAUTHENTICATED: 4401,
  TOKEN_EXPIRED: 4403,
  SLOW_CONSUMER: 1013,
  TRY_LATER: 1013,
  DRAINING: 1001,
  BROKEN: 1011,
} as const

const MAX_SOCKETS = 20_000
const MAX_OPERATIONS_OF_SOCKET = 100

export interface SocketPolicyOptions {
  config: Config
  log: Logger
  gate: Gate
  credentials: CredentialsWatch
  /** How many sockets a tenant may have open. */
  perTenant: Quota
}

/** A socket as the policy sees it. */
export interface Peer {
  address: string
  /** Of the upgrade. */
  requestId: string
  /** Aborted when the socket is closed. */
  closed: AbortSignal
  close(code: number, reason: string): void
}

/** Which sockets are accepted, which are closed, when, and with which code. */
export class SocketPolicy {
  readonly #options: SocketPolicyOptions

  constructor(options: SocketPolicyOptions) {
    this.#options = options
  }

  /**
   * @param open how many sockets are open
   * @returns the HTTP status to refuse the upgrade with; undefined when it is accepted
   */
  refusalOf(request: IncomingMessage, open: number, isDraining: boolean): 403 | 404 | 503 | undefined {
    if (request.url?.split('?', 1)[0] !== '/graphql') return 404
    if (isDraining || open >= MAX_SOCKETS) return 503
    const { origin, host } = request.headers
    return isAllowedOrigin(this.#options.config, origin, host) ? undefined : 403
  }

  /**
   * Authenticates a socket, and from then on closes it when its credentials end.
   * @returns undefined when it was closed instead, or by the client meanwhile
   */
  async admit(
    peer: Peer,
    connectionParams: Record<string, unknown> | undefined,
  ): Promise<Caller | undefined> {
    const { gate, credentials, perTenant } = this.#options
    const text = (name: string) => {
      const value = connectionParams?.[name]
      return typeof value === 'string' ? value : undefined
    }
    try {
      const caller = await gate.admit(
        { authorization: text('authorization'), tenantId: text('tenantId') },
        peer.address,
        peer.requestId,
      )
      const giveBack = await perTenant.take(caller.tenantId ?? '')
      if (peer.closed.aborted) {
        giveBack()
        return undefined
      }
      const stopWatching = credentials.watch(caller, (reason) =>
        peer.close(reason === 'expired' ? CLOSE.TOKEN_EXPIRED : CLOSE.UNAUTHENTICATED, reason),
      )
      peer.closed.addEventListener('abort', () => {
        giveBack()
        stopWatching()
      })
      return caller
    } catch (error) {
      this.#reject(peer, error)
      return undefined
    }
  }

  /** @throws PublicError RATE_LIMITED when a socket has too many operations */
  checkOperations(open: number): void {
    if (open > MAX_OPERATIONS_OF_SOCKET)
      throw new PublicError('RATE_LIMITED', 'Too many operations on one socket.')
  }

  #reject(peer: Peer, error: unknown): void {
    if (error instanceof TokenExpired) peer.close(CLOSE.TOKEN_EXPIRED, error.message)
    else if (error instanceof PublicError) {
      const code = error.code === 'RATE_LIMITED' ? CLOSE.TRY_LATER : CLOSE.UNAUTHENTICATED
      peer.close(code, error.message)
    } else {
      this.#options.log.error({ err: error }, 'could not authenticate a socket')
      peer.close(CLOSE.TRY_LATER, 'try again later')
    }
  }
}
