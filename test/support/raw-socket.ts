import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import type { Json, Served } from './graphql.ts'

/** A socket without a client's good manners: it sends what it is told and keeps what it is sent. */
export interface RawSocket {
  socket: WebSocket
  received: Json[]
  /** Resolves with the code when the server has closed it. */
  closed: Promise<number>
  /** Objects go as JSON, text and bytes as they are. */
  send(...messages: (Json | string | Buffer)[]): void
  /** The first message of a type, once it is there. */
  next(type: string, id?: string): Promise<Json>
}

/** Opens one, and closes it with the test. @param protocols `graphql-transport-ws` unless given */
export async function rawSocket(
  { url }: Pick<Served, 'url'>,
  options: { protocols?: string[]; headers?: Record<string, string>; open?: boolean } = {},
): Promise<RawSocket> {
  const { protocols = ['graphql-transport-ws'], headers = {} } = options
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocols, { headers })
  onTestFinished(() => socket.terminate())
  const received: Json[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (text) => {
    received.push(JSON.parse(String(text)))
    for (const look of waiting) look()
  })
  // What is thrown at it may come back as a reset.
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  if (options.open ?? true) await new Promise((resolve) => socket.on('open', resolve))
  return {
    socket,
    received,
    closed,
    send: (...messages) => {
      for (const message of messages)
        socket.send(
          typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
        )
    },
    next: (type, id) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = received.find((message) => message['type'] === type && (!id || message['id'] === id))
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        void closed.then((code) => reject(new Error(`closed with ${code} before ${type}`)))
        look()
      }),
  }
}

/** One that has said who it is and was taken. */
export async function introduced(served: Pick<Served, 'url'>, key: string): Promise<RawSocket> {
  const raw = await rawSocket(served)
  raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
  await raw.next('connection_ack')
  return raw
}
