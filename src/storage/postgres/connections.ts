import { DatabaseError } from '../database.ts'

/** How many connections a process opens at most. */
export interface Connections {
  /** Deliveries have their own, so that nothing else can take them all. */
  deliveries: number
  rest: number
}

const PARAMETER = 'connection_limit'
const USUAL = 13
const LEAST = 4
const MOST = 1_000

/** Few are enough for statements as small as those of deliveries. */
const SHARE_OF_DELIVERIES = 1 / 4
const MOST_FOR_DELIVERIES = 3

/**
 * As Prisma has it, the URL may say `connection_limit`.
 * @throws DatabaseError unless it is a whole number from LEAST to MOST
 */
export function connectionsOf(url: string): Connections {
  const given = URL.canParse(url) ? new URL(url).searchParams.get(PARAMETER) : null
  const limit = given === null ? USUAL : /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (!(limit >= LEAST && limit <= MOST))
    throw new DatabaseError(
      `${PARAMETER} of DATABASE_URL is "${given}": it must be a whole number from ${LEAST} to ${MOST}.`,
    )
  const share = Math.floor(limit * SHARE_OF_DELIVERIES)
  const deliveries = Math.max(1, Math.min(share, MOST_FOR_DELIVERIES))
  return { deliveries, rest: limit - deliveries }
}
