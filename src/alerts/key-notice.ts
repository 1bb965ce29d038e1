import { z } from 'zod'
import type { Activity, AlertChannel } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { ActivityKind } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { NoticeMessage } from './message.ts'
import { silenceOf } from './plan.ts'
import type { Routing } from './routing.ts'

/** The act that says that Stripe refuses a key, or a permission of it. */
export const KEY_REFUSED: ActivityKind = 'STRIPE_KEY_REVOKED'

const refused = z.object({
  keyHint: z.string(),
  permission: z.string().nullable(),
  livemode: z.boolean(),
  /** A connected account that the key may not read: the connection's own state stays as it is. */
  account: z.string().nullable(),
})

/** Acts of versions that did not send notices have less: they are no news any more. */
const readRefused = ({ data }: Pick<Activity, 'data'>) => refused.safeParse(JSON.parse(data ?? 'null')).data

/**
 * Plans the notice that a connection to Stripe needs a person, in the caller's transaction. Nothing is proven of what such
 * a connection misses, so it waits for no schedule.
 */
export async function planKeyNotice(
  db: TenantClient,
  channel: Pick<AlertChannel, 'tenantId' | 'id' | 'state' | 'reason'>,
  { testMode }: Pick<Routing, 'testMode'>,
  act: Pick<Activity, 'seq' | 'data'>,
  now: Date,
): Promise<void> {
  const known = readRefused(act)
  if (known === undefined || known.account !== null || !(known.livemode || testMode)) return
  const silence = silenceOf(channel)
  const held = channel.state === 'DISABLED'
  await db.alertDelivery.create({
    data: {
      tenantId: channel.tenantId,
      id: newId('dlv'),
      channelId: channel.id,
      seq: act.seq,
      key: String(act.seq),
      reason: 'STRIPE_KEY_REFUSED',
      state: silence === undefined ? 'WAITING' : 'MUTED',
      why: held ? 'the channel is disabled' : (silence ?? null),
      held,
      createdAt: now,
      dueAt: now,
    },
  })
}

/** What that notice says: the act's note has what is refused, and what to do. */
export async function keyNotice(
  { db, tenantId }: Scope,
  seq: bigint,
  tenant: string,
  { baseUrl, now }: { baseUrl: string; now: Date },
): Promise<NoticeMessage> {
  const act = await db.activity.findFirst({ where: { tenantId, seq } })
  const known = act && readRefused(act)
  if (!known) throw new Error('the act that says which key is refused is gone')
  const { keyHint, permission } = known
  return {
    type: 'notice',
    reason: 'STRIPE_KEY_REFUSED',
    at: now,
    tenant,
    title:
      permission === null ? `Stripe refuses the key ${keyHint}` : `The key ${keyHint} lacks a permission`,
    text: [
      ...(act.note === null ? [] : [act.note]),
      'What needs it waits: that is tried again once a day, and at once with another key. Webhooks go on, and what they bring is judged.',
    ],
    url: `${baseUrl}/`,
  }
}
