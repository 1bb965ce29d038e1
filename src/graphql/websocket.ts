import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols, makeServer, type Context as SocketContext } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Config } from '../config.ts'
import { PublicError } from '../errors.ts'
import { errorBody } from '../http/answer.ts'
import { addressOf } from '../http/client-address.ts'
import { identify } from '../http/request-id.ts'
import type { Quota } from '../limits/quota.ts'
import type { Logger } from '../log.ts'
import { TokenExpired } from '../tenancy/access-tokens.ts'
import type { Caller } from '../tenancy/caller.ts'
import type { CredentialsWatch } from '../tenancy/cutoff.ts'
import type { Gate } from '../tenancy/gate.ts'
import { MAX_REQUEST_BYTES } from './limits.ts'
import type { Operations } from './operations.ts'
import { isAllowedOrigin } from './origins.ts'
import { Outlet } from './outlet.ts'
import { sharedTextOf } from './sharing.ts'
import type { Unsent } from './unsent.ts'

/** Why the server closes a socket; clients take 4401 as final and come back after the others. */
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
/** Milliseconds. */
const PING_EVERY = 15_000
const INIT_WITHIN = 3_000
/** What has not taken the closing frame by then is cut. */
const DRAIN_WITHIN = 1_000

export interface SocketServerOptions {
  config: Config
  log: Logger
  gate: Gate
  credentials: CredentialsWatch
  operations: Operations
  /** How many sockets a tenant may have open. */
  perTenant: Quota
  /** How many subscriptions a tenant may have open. */
  subscriptions: Quota
  /** What clients have not taken, over all sockets. */
  unsent: Unsent
  /** Bytes that a socket may have unsent. */
  maxUnsent?: number
  /** Milliseconds between two pings; 15,000. A peer that does not answer one until the next is gone. */
  pingMs?: number
}

/** What is known of one socket. */
interface Extra {
  /** Of the peer. */
  address: string
  /** Of the upgrade. */
  requestId: string
  outlet: Outlet
  caller: Caller | undefined
  gone: AbortController
  /** What is to be undone when it closes. */
  leave: (() => void)[]
}

/** GraphQL over WebSocket, sub-protocol `graphql-transport-ws`. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_REQUEST_BYTES,
    handleProtocols,
    perMessageDeflate: false,
  })
  readonly #protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>
  readonly #pinging: NodeJS.Timeout
  /** Sockets that have answered the last ping. */
  readonly #alive = new WeakSet<WebSocket>()
  #draining = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#protocol = this.#makeProtocol()
    this.#pinging = setInterval(() => this.#ping(), options.pingMs ?? PING_EVERY).unref()
  }

  /** Takes the upgrades of `/graphql`; any other is refused. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Sends everybody away to resume elsewhere, and takes nobody new. */
  async drain(): Promise<void> {
    this.#draining = true
    clearInterval(this.#pinging)
    const open = [...this.#sockets.clients]
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of open) socket.close(CLOSE.DRAINING, 'draining')
    const cut = setTimeout(() => {
      for (const socket of open) socket.terminate()
    }, DRAIN_WITHIN)
    await Promise.all(closed)
    clearTimeout(cut)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { config } = this.#options
    // Without a listener the peer's reset would end the process.
    socket.on('error', () => socket.destroy())
    const path = request.url?.split('?', 1)[0]
    const status =
      path !== '/graphql'
        ? 404
        : this.#draining || this.#sockets.clients.size >= MAX_SOCKETS
          ? 503
          : isAllowedOrigin(config, request.headers.origin, request.headers.host)
            ? undefined
            : 403
    if (status !== undefined) refuse(socket, status)
    else
      this.#sockets.handleUpgrade(request, socket, head, (open) =>
        this.#opened(open, addressOf(request, config.trustProxy), identify(request)),
      )
  }

  #opened(socket: WebSocket, address: string, requestId: string): void {
    const { log, maxUnsent, unsent } = this.#options
    const outlet = new Outlet(socket, {
      slowCode: CLOSE.SLOW_CONSUMER,
      unsent,
      ...(maxUnsent !== undefined && { maxUnsent }),
    })
    const extra: Extra = {
      address,
      requestId,
      outlet,
      caller: undefined,
      gone: new AbortController(),
      leave: [],
    }
    // Each of its operations listens.
    setMaxListeners(0, extra.gone.signal)
    const fail = (error: unknown) => {
      log.error({ err: error }, 'a socket failed')
      socket.close(CLOSE.BROKEN, 'internal error')
    }
    this.#alive.add(socket)
    socket.on('pong', () => this.#alive.add(socket))
    socket.on('error', () => socket.terminate())
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => outlet.send(text),
        close: (code, reason) => socket.close(code, reason),
        // Until the peer answers the closing, for half a minute perhaps, it may go on talking.
        onMessage: (handle) =>
          socket.on('message', (data) => {
            if (socket.readyState === socket.OPEN) handle(String(data)).catch(fail)
          }),
      },
      extra,
    )
    socket.once('close', (code, reason) => {
      extra.gone.abort()
      for (const leave of extra.leave) leave()
      outlet.closed()
      closed(code, String(reason)).catch(fail)
    })
  }

  #makeProtocol() {
    const { operations } = this.#options
    return makeServer<Record<string, unknown>, Extra>({
      connectionInitWaitTimeout: INIT_WITHIN,
      onConnect: (context) => this.#connect(context),
      onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
        const { caller, outlet } = extra
        // Not reached before onConnect has found the caller; said here for the types.
        if (!caller) return [operations.refuse(new PublicError('UNAUTHENTICATED', 'not connected'))]
        if (Object.keys(subscriptions).length > MAX_OPERATIONS_OF_SOCKET) {
          return [operations.refuse(new PublicError('RATE_LIMITED', 'Too many operations on one socket.'))]
        }
        return operations.prepare(payload, {
          requestId: randomUUID(),
          caller,
          connection: {
            open: async () => ({
              signal: extra.gone.signal,
              close: await this.#options.subscriptions.take(caller.tenantId ?? ''),
            }),
            drained: () => outlet.drained(),
          },
        })
      },
      execute: (args) => operations.execute(args),
      subscribe: (args) => operations.subscribe(args),
      onNext: ({ extra: { outlet } }, _id, _payload, args, result) => {
        const shared = sharedTextOf(result)
        return shared ? outlet.payload(shared) : operations.show(args, result)
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => operations.format(error)),
    })
  }

  async #connect({
    extra,
    connectionParams,
  }: SocketContext<Record<string, unknown>, Extra>): Promise<boolean> {
    const { gate, credentials, perTenant, log } = this.#options
    const text = (name: string) => {
      const value = connectionParams?.[name]
      return typeof value === 'string' ? value : undefined
    }
    try {
      const caller = await gate.admit(
        { authorization: text('authorization'), tenantId: text('tenantId') },
        extra.address,
        extra.requestId,
      )
      const giveBack = await perTenant.take(caller.tenantId ?? '')
      // It may have gone while it was asked who it is.
      if (extra.gone.signal.aborted) {
        giveBack()
        return false
      }
      extra.leave.push(
        giveBack,
        credentials.watch(caller, (reason) =>
          extra.outlet.close(reason === 'expired' ? CLOSE.TOKEN_EXPIRED : CLOSE.UNAUTHENTICATED, reason),
        ),
      )
      extra.caller = caller
      extra.outlet.tenantId = caller.tenantId ?? ''
      return true
    } catch (error) {
      if (error instanceof TokenExpired) extra.outlet.close(CLOSE.TOKEN_EXPIRED, error.message)
      else if (error instanceof PublicError) {
        const code = error.code === 'RATE_LIMITED' ? CLOSE.TRY_LATER : CLOSE.UNAUTHENTICATED
        extra.outlet.close(code, error.message)
      } else {
        log.error({ err: error }, 'could not authenticate a socket')
        extra.outlet.close(CLOSE.TRY_LATER, 'try again later')
      }
      return false
    }
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }
}

const REFUSALS = {
  403: ['FORBIDDEN', 'This origin is not one of ALLOWED_ORIGINS.'],
  404: ['NOT_FOUND', 'Sockets are taken at /graphql.'],
  503: ['UNAVAILABLE', 'No more sockets are taken now; try again later.'],
} as const

function refuse(socket: Duplex, status: keyof typeof REFUSALS): void {
  const [code, message] = REFUSALS[status]
  const body = errorBody(code, message)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\nx-request-id: ${randomUUID()}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
