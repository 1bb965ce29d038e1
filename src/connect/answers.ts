import { streamId } from '../detection/engine/memory.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import { HOUR, toDate, toSeconds } from '../time.ts'
import { readAccounts } from './window.ts'

/**
 * Notes what Stripe's API said of the connection's streams, and when: detection judges by it, live and in a rebuild alike.
 * @param accounts connected ones that are proven as well
 */
export async function noteAnswer(
  db: TenantClient,
  connection: StripeConnection,
  accounts: readonly string[],
  { now, through, answered }: { now: Date; through: Date; answered: boolean },
): Promise<void> {
  const { tenantId, endpointId, livemode, stripeEndpointStatus: endpoint } = connection
  const at = BigInt(toSeconds(now))
  const streams = [null, ...accounts].map((account) => streamId(endpointId, account, livemode))
  await raiseVersion(db, tenantId)
  await db.stripeAnswer.deleteMany({ where: { tenantId, stream: { in: streams }, at } })
  await db.stripeAnswer.createMany({
    data: streams.map((stream) => ({
      tenantId,
      stream,
      at,
      through: BigInt(toSeconds(through)),
      answered,
      endpoint,
    })),
  })
}

/** Notes that it does not answer: when that begins, and once an hour while it goes on. */
export async function noteSilence(db: TenantClient, connection: StripeConnection, now: Date): Promise<void> {
  const { tenantId, endpointId, livemode, through } = connection
  if (through === null) return
  const stream = streamId(endpointId, null, livemode)
  const last = await db.stripeAnswer.findFirst({ where: { tenantId, stream }, orderBy: { at: 'desc' } })
  const isKnown =
    last !== null && !last.answered && now.getTime() - toDate(Number(last.at)).getTime() < HOUR * 1_000
  if (!isKnown) await noteAnswer(db, connection, [], { now, through, answered: false })
}

/** Nobody asks any more: what was said last of the endpoint, or that there was no answer, holds no longer. */
export async function noteEnd(db: TenantClient, connection: StripeConnection, now: Date): Promise<void> {
  const { through } = connection
  if (through === null) return
  const { proven } = readAccounts(connection)
  await noteAnswer(db, { ...connection, stripeEndpointStatus: null }, proven, {
    now,
    through,
    answered: true,
  })
}
