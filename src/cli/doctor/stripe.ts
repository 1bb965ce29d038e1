import { listConnections } from '../../connect/manage.ts'
import { type StalledImport, stalledImports } from '../../connect/stalled.ts'
import type { StripeConnection } from '../../generated/sqlite/client.ts'
import type { Database } from '../../storage/database.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import { listTenants } from '../../tenancy/tenants.ts'
import type { WallClock } from '../../time.ts'
import { time } from '../format.ts'
import type { Finding } from './finding.ts'

/** A small account is compared every hour and a half, and for a while more it may wait for its ration. */
const LATE_AFTER_MS = 4 * 3_600_000
const SHOWN = 10

/** Up to when each connection to Stripe's API is complete, and what is wrong with it. */
export async function checkStripe(database: Database, clock: WallClock): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { id: tenantId } of await listTenants(database, { suspended: false })) {
    const scope = scopeTo(database, tenantId)
    const stalled = new Map((await stalledImports(scope, clock.now())).map((one) => [one.connectionId, one]))
    for (const connection of await listConnections(scope))
      findings.push(findingOf(connection, stalled.get(connection.id), clock.now()))
  }
  const wrong = findings.filter(({ level }) => level !== 'ok')
  const right = findings.length - wrong.length
  if (right <= SHOWN) return findings
  const rest: Finding = { check: 'stripe', level: 'ok', message: `${right} connections are complete` }
  return [...wrong, rest]
}

function findingOf(connection: StripeConnection, stalled: StalledImport | undefined, now: Date): Finding {
  const { tenantId, id, through, trouble, state } = connection
  const name = `${id} of ${tenantId}`
  if (stalled !== undefined)
    return {
      check: 'stripe',
      level: 'problem',
      message: `${name}: its import stands still since ${time(stalled.since)}. ${stalled.why}`,
      advice: `./billingwatch connect ${tenantId} --key - goes on where it is.`,
    }
  if (through === null)
    return {
      check: 'stripe',
      level: 'notice',
      message: `${name}: its past is not fetched yet${trouble === null ? '' : `. ${trouble}`}`,
      advice: `./billingwatch connect ${tenantId} --key - goes on where it is.`,
    }
  const proven = `complete through ${time(through)}: ${connection.stored} of ${connection.atStripe} events, ${connection.filled} filled in`
  if (trouble !== null)
    return {
      check: 'stripe',
      level: state === 'REVOKED' || isLate(through, now) ? 'problem' : 'notice',
      message: `${name}: ${proven}. ${trouble}`,
      // Comparing does not ask anew what a key may do that lists events.
      advice:
        state === 'LIMITED'
          ? `Webhooks go on. Once it is allowed, ./billingwatch connect ${tenantId} --key - with the same key goes on with what was left out.`
          : `Webhooks go on. Once it is mended, ./billingwatch reconcile ${tenantId} tries at once.`,
    }
  if (!isLate(through, now)) return { check: 'stripe', level: 'ok', message: `${name}: ${proven}` }
  return {
    check: 'stripe',
    level: 'problem',
    message: `${name}: ${proven}, and nothing is proven since`,
    advice: `Does a server run that is no \`--only web\`? ./billingwatch reconcile ${tenantId} compares now.`,
  }
}

const isLate = (through: Date, now: Date): boolean => now.getTime() - through.getTime() > LATE_AFTER_MS
