import { Socket } from 'node:net'
import type pg from 'pg'
import { PrismaClient } from '../../generated/postgresql/client.ts'
import type { Database, SystemClient } from '../database.ts'
import { walledAdapter } from './adapter.ts'
import { connectionsOf } from './connections.ts'
import { answerWithin, LIMITS, type Limits, NOTICING_LOST_CLIENTS } from './limits.ts'
import { learnWhereItEnds } from './prepared.ts'
import { openRoles } from './rights.ts'
import type { Roles } from './roles.ts'
import { WalledPool } from './session.ts'
import { postgresSql } from './sql.ts'
import { UTC_TYPES } from './types.ts'

/** Milliseconds to wait for a connection of the pool. */
const DELIVERIES_WAIT = 2_000
const THE_REST_WAITS = 5_000

/** Milliseconds of silence after which this side asks whether the server is still there. */
const KEEPALIVE_AFTER = 10_000

/**
 * @param url `postgresql://…`; the tables are not made here: `migrate` first
 * @throws DatabaseError when the server does not answer, or the login may not take the two roles
 */
export async function openPostgres(url: string): Promise<Database> {
  const most = connectionsOf(url)
  const roles = await openRoles(url)
  const deliveries = poolOf(url, roles, { max: most.deliveries, wait: DELIVERIES_WAIT }, LIMITS.delivery)
  const rest = poolOf(url, roles, { max: most.rest, wait: THE_REST_WAITS }, LIMITS.request)
  const client: unknown = new PrismaClient({
    adapter: await walledAdapter(rest),
    transactionOptions: { maxWait: THE_REST_WAITS, timeout: LIMITS.request.idle },
  })
  // The one cast between the engines: both clients are generated from the same models.
  const prisma = client as SystemClient
  await prisma.$connect()
  const byPurpose = {
    delivery: postgresSql(deliveries, LIMITS.delivery),
    request: postgresSql(rest, LIMITS.request),
    judging: postgresSql(rest, LIMITS.judging),
    maintenance: postgresSql(rest, LIMITS.maintenance),
  }
  return {
    engine: 'postgresql',
    prisma,
    sql: byPurpose.request,
    sqlFor: (purpose) => byPurpose[purpose],
    begin: (purpose) => byPurpose[purpose].begin(),
    close: async () => {
      await prisma.$disconnect()
      await Promise.all([deliveries.end(), rest.end()])
    },
  }
}

function poolOf(
  url: string,
  roles: Roles,
  { max, wait }: { max: number; wait: number },
  limits: Limits,
): WalledPool {
  const options = {
    connectionString: url,
    max,
    // A statement that waits for nothing is sent before the last one is answered: many small ones wait for no round trips.
    pipeline: true,
    stream: gatheringSocket,
    types: UTC_TYPES,
    connectionTimeoutMillis: wait,
    // A server that is gone without a word must not hold anybody for ever.
    query_timeout: answerWithin(limits),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER,
    onConnect: async (client: pg.ClientBase) => {
      await Promise.all([client.query(NOTICING_LOST_CLIENTS), learnWhereItEnds(client)])
    },
  }
  const pool = new WalledPool(options, roles)
  // The pool replaces a connection that breaks, and a statement on it fails; without a listener the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * The driver holds a statement's messages together until it has written the last of them. Here they are held until the
 * turn is over, so that statements which are sent one behind the other reach the server in one piece: both sides pay for
 * each piece.
 */
function gatheringSocket(): Socket {
  const socket = new Socket()
  const release = socket.uncork.bind(socket)
  socket.uncork = () => process.nextTick(release)
  return socket
}
