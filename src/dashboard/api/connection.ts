import { createClient as createSocket, type Client as Socket } from 'graphql-ws'
import { Client, fetchExchange, subscriptionExchange } from 'urql'
import { normalizedCache } from './cache.ts'
import { Feed } from './feed.ts'
import { Online } from './online.ts'
import { Refused, type Session } from './session.ts'

/** All that the screens use of the server. */
export interface Connection {
  client: Client
  feed: Feed
  online: Online
  close(): void
}

/** @param onEnded called when the session has ended: signed out, revoked, expired */
export function connect(session: Session, onEnded: () => void): Connection {
  const online = new Online()
  const ended = (error: unknown): never => {
    if (error instanceof Refused && error.status === 401) onEnded()
    throw error
  }
  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: async () => ({
      authorization: `Bearer ${(await session.token().catch(ended)).token}`,
    }),
    // The feed subscribes again itself, from the newest cursor.
    retryAttempts: 0,
    on: { connected: () => online.reached() },
  })
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: authorizedFetch(session, ended),
    exchanges: [normalizedCache(), fetchExchange, overSocket(socket)],
  })
  const feed = new Feed(client, online)
  return {
    client,
    feed,
    online,
    close() {
      feed.stop()
      void socket.dispose()
    },
  }
}

/** Adds the session's token, and fetches a new one once where the server refuses it. */
const authorizedFetch =
  (session: Session, onRefused: (error: unknown) => never): typeof fetch =>
  async (input, init) => {
    const send = (token: string): Promise<Response> => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${token}`)
      return fetch(input, { ...init, headers })
    }
    const answer = await send((await session.token().catch(onRefused)).token)
    return answer.status === 401 ? send((await session.renew().catch(onRefused)).token) : answer
  }

const overSocket = (socket: Socket) =>
  subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe({ query, ...(variables ? { variables } : {}) }, sink),
      }),
    }),
  })
