import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { PublicError } from '../../errors.ts'
import { errorBody } from '../../http/answer.ts'
import { addressOf } from '../../http/client-address.ts'
import { identify } from '../../http/request-id.ts'
import { asksForWebSocket, readWithoutOffer } from '../../http/upgrades.ts'
import type { Quota } from '../../limits/quota.ts'
import type { Caller } from '../../tenancy/caller.ts'
import type { UnsentBytes } from '../live/unsent-bytes.ts'
import { MAX_REQUEST_BYTES } from '../operations/limits.ts'
import type { SocketOperations } from './socket-operations.ts'
import { CLOSE, type Peer, SocketPolicy, type SocketPolicyOptions } from './socket-policy.ts'
import { SocketWriter } from './socket-writer.ts'

/** Milliseconds. */
const PING_EVERY = 15_000
const INIT_WITHIN = 3_000
/** A socket whose peer has not answered the closing frame by then is terminated. */
const DRAIN_WITHIN = 1_000

export interface SocketServerOptions extends SocketPolicyOptions {
  operations: SocketOperations
  /** How many subscriptions a tenant may have open. */
  subscriptions: Quota
  /** What clients have not read yet, over all sockets. */
  unsent: UnsentBytes
  /** Bytes that a socket may have unsent. */
  maxUnsent?: number
  /** Milliseconds between two pings; 15,000. A peer that does not answer one until the next is gone. */
  pingMs?: number
}

/** What is known of one socket. */
interface SocketState {
  peer: Peer
  /** Aborted when the socket is closed, or begins to be. */
  ended: AbortSignal
  writer: SocketWriter
  caller: Caller | undefined
}

/** GraphQL over WebSocket, sub-protocol `graphql-transport-ws`. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #policy: SocketPolicy
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_REQUEST_BYTES,
    handleProtocols,
    perMessageDeflate: false,
  })
  readonly #protocol: ReturnType<typeof makeServer<Record<string, unknown>, SocketState>>
  readonly #pinging: NodeJS.Timeout
  /** Sockets that have answered the last ping. */
  readonly #alive = new WeakSet<WebSocket>()
  #draining = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#policy = new SocketPolicy(options)
    this.#protocol = this.#makeProtocol()
    this.#sockets.on('headers', (headers, request) => headers.push(`x-request-id: ${identify(request)}`))
    this.#sockets.on('wsClientError', (_error, socket) => refuse(socket, 400))
    this.#pinging = setInterval(() => this.#ping(), options.pingMs ?? PING_EVERY).unref()
  }

  /** Takes the upgrades of `/graphql` to WebSocket; at other paths they are refused. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      if (asksForWebSocket(request)) this.#upgrade(request, socket, head)
      else readWithoutOffer(server, request, socket, head)
    })
  }

  /** Closes every socket, so that clients resume elsewhere, and accepts no new one. */
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
    // Without a listener the peer's reset would end the process.
    socket.on('error', () => socket.destroy())
    const status = this.#policy.refusalOf(request, this.#sockets.clients.size, this.#draining)
    if (status !== undefined) refuse(socket, status)
    else
      this.#sockets.handleUpgrade(request, socket, head, (open) =>
        this.#opened(open, socket, addressOf(request, this.#options.config.trustProxy), identify(request)),
      )
  }

  #opened(socket: WebSocket, raw: Duplex, address: string, requestId: string): void {
    const { log, maxUnsent, unsent } = this.#options
    const [ended, closed] = [new AbortController(), new AbortController()]
    // The peer may take half a minute to answer the closing; its subscriptions end at once.
    const close = (code: number, reason: string) => {
      ended.abort()
      socket.close(code, reason)
    }
    const writer = new SocketWriter(socket, {
      raw,
      closeSlow: (reason) => close(CLOSE.SLOW_CONSUMER, reason),
      unsent,
      ...(maxUnsent !== undefined && { maxUnsent }),
    })
    const state: SocketState = {
      peer: { address, requestId, closed: closed.signal, close },
      ended: ended.signal,
      writer,
      caller: undefined,
    }
    // Each of its operations listens.
    setMaxListeners(0, ended.signal)
    const fail = (error: unknown) => {
      log.error({ err: error }, 'a socket failed')
      close(CLOSE.BROKEN, 'internal error')
    }
    this.#alive.add(socket)
    socket.on('pong', () => this.#alive.add(socket))
    socket.on('error', () => socket.terminate())
    const onClosed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => writer.send(text),
        close: (code = CLOSE.BROKEN, reason = '') => close(code, reason),
        // Until the peer answers the closing, for half a minute perhaps, it may go on talking.
        onMessage: (handle) =>
          socket.on('message', (data) => {
            if (socket.readyState === socket.OPEN) handle(String(data)).catch(fail)
          }),
      },
      state,
    )
    socket.once('close', (code, reason) => {
      ended.abort()
      closed.abort()
      writer.closed()
      onClosed(code, String(reason)).catch(fail)
    })
  }

  #makeProtocol() {
    const { operations, subscriptions: quota } = this.#options
    return makeServer<Record<string, unknown>, SocketState>({
      connectionInitWaitTimeout: INIT_WITHIN,
      onConnect: async ({ extra: state, connectionParams }) => {
        const caller = await this.#policy.admit(state.peer, connectionParams)
        state.caller = caller
        state.writer.tenantId = caller?.tenantId ?? ''
        return caller !== undefined
      },
      onSubscribe: async ({ extra: { caller, ended, writer }, subscriptions }, id, payload) => {
        try {
          // onConnect has found the caller before; the types do not know.
          if (!caller) throw new PublicError('UNAUTHENTICATED', 'not connected')
          this.#policy.checkOperations(Object.keys(subscriptions).length)
        } catch (error) {
          return [operations.refuse(error)]
        }
        return operations.prepare(payload, {
          requestId: randomUUID(),
          caller,
          connection: {
            open: async () => ({ signal: ended, close: await quota.take(caller.tenantId ?? '') }),
            drained: () => writer.drained(),
            deliver: writer.resultsOf(id),
          },
        })
      },
      execute: (args) => operations.execute(args),
      subscribe: (args) => operations.subscribe(args),
      onNext: (_context, _id, _payload, args, result) => operations.show(args, result),
      onError: (_context, _id, _payload, errors) => errors.map((error) => operations.format(error)),
    })
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }
}

const REFUSALS = {
  400: ['BAD_REQUEST', 'This is not how a WebSocket is asked for (RFC 6455).'],
  403: ['FORBIDDEN', 'This origin is not one of ALLOWED_ORIGINS.'],
  404: ['NOT_FOUND', 'Sockets are accepted at /graphql.'],
  503: ['UNAVAILABLE', 'No more sockets are accepted now; try again later.'],
} as const

function refuse(socket: Duplex, status: keyof typeof REFUSALS): void {
  const [code, message] = REFUSALS[status]
  const body = errorBody(code, message)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\nx-request-id: ${randomUUID()}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
