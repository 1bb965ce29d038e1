import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'
import type { Bus, Topic } from './bus.ts'

const CHANNEL = 'billingwatch'
/**
 * Hints to other processes wait this long for more of them, and go together: each NOTIFY is a transaction, and these take
 * one lock of the whole server, one after the other.
 */
const GATHER_MS = 10
/** The server takes payloads of less than 8,000 bytes. */
const MAX_PAYLOAD = 7_900
const RECONNECT_AFTER_MS = 1_000
/** A session that takes longer to answer is given up. */
const ANSWER_WITHIN_MS = 5_000

/**
 * The bus of many processes that share PostgreSQL alone. Hints within a process go from hand to hand; to others they go
 * by NOTIFY, after the commit and in a session of its own, since a commit that notifies would hold its locks while it waits
 * for that of the server. While the session is lost, so are hints; listeners live by what they read on their own. Behind a
 * pooler that lends a session for each transaction (PgBouncer's transaction mode) nothing is heard.
 * @param onError called with each trouble with the connection
 */
export function postgresqlBus(url: string, onError: (error: unknown) => void): Bus {
  const sender = randomUUID()
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const gathered = new Set<Topic>()
  let session: Session | undefined
  let sending: NodeJS.Timeout | undefined
  let reconnecting: NodeJS.Timeout | undefined
  let closed = false

  const hear = (payload: string): void => {
    const [from, ...topics] = payload.split(' ')
    if (from !== sender) for (const topic of topics) emitter.emit(topic)
  }
  const connect = (): void => {
    reconnecting = undefined
    const opening = new Session(url, { hear, onError, onLost: () => lost(opening) })
    session = opening
    opening.listen().then(
      () => {
        for (const topic of emitter.eventNames()) emitter.emit(topic)
      },
      (error: unknown) => opening.giveUp(error),
    )
  }
  const lost = (one: Session): void => {
    if (closed || session !== one) return
    session = undefined
    reconnecting = setTimeout(connect, RECONNECT_AFTER_MS).unref()
  }
  const send = async (): Promise<void> => {
    const payloads = payloadsOf(sender, gathered)
    gathered.clear()
    for (const payload of payloads) await session?.notify(payload)
    sending = undefined
    if (gathered.size > 0) sendSoon()
  }
  const sendSoon = (): void => {
    if (!closed) sending ??= setTimeout(() => void send(), GATHER_MS).unref()
  }
  connect()

  return {
    publish(topic) {
      setImmediate(() => emitter.emit(topic))
      gathered.add(topic)
      sendSoon()
    },
    subscribe(topic, listener) {
      emitter.on(topic, listener)
      setImmediate(() => emitter.emit(topic))
      return () => void emitter.off(topic, listener)
    },
    async close() {
      closed = true
      clearTimeout(sending)
      clearTimeout(reconnecting)
      emitter.removeAllListeners()
      await session?.close()
    },
  }
}

interface SessionEvents {
  hear(payload: string): void
  onError(error: unknown): void
  /** Called once, when nothing more is heard. */
  onLost(): void
}

/** One connection that listens and notifies. */
class Session {
  readonly #socket = new Socket()
  readonly #client: pg.Client
  readonly #events: SessionEvents
  #ready = false
  #lost = false

  constructor(url: string, events: SessionEvents) {
    this.#events = events
    this.#client = new pg.Client({
      connectionString: url,
      // Its own socket, so that a server that has fallen silent can be left without its consent.
      stream: () => this.#socket,
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: ANSWER_WITHIN_MS,
    })
    this.#client.on('notification', ({ payload }) => events.hear(payload ?? ''))
    this.#client.on('error', (error) => this.giveUp(error))
    this.#client.on('end', () => this.giveUp(new Error('PostgreSQL has ended the session of hints')))
  }

  async listen(): Promise<void> {
    await this.#client.connect()
    await this.#client.query(`LISTEN ${CHANNEL}`)
    this.#ready = true
  }

  /** Hints are worth nothing later: one that cannot be sent now is not sent. */
  async notify(payload: string): Promise<void> {
    if (!this.#ready || this.#lost) return
    try {
      await this.#client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload])
    } catch (error) {
      this.giveUp(error)
    }
  }

  giveUp(error: unknown): void {
    if (this.#lost) return
    this.#lost = true
    this.#socket.destroy()
    this.#events.onError(error)
    this.#events.onLost()
  }

  async close(): Promise<void> {
    if (this.#lost) return
    this.#lost = true
    const timeout = setTimeout(() => this.#socket.destroy(), RECONNECT_AFTER_MS)
    // A session that is still being opened fails by this, and nobody minds.
    await this.#client.end().catch(() => {})
    clearTimeout(timeout)
  }
}

/** The topics in as few payloads as they fit into. */
function payloadsOf(sender: string, topics: Iterable<Topic>): string[] {
  const payloads: string[] = []
  for (const topic of topics) {
    const last = payloads.at(-1)
    if (last !== undefined && last.length + 1 + topic.length <= MAX_PAYLOAD)
      payloads[payloads.length - 1] = `${last} ${topic}`
    else payloads.push(`${sender} ${topic}`)
  }
  return payloads
}
