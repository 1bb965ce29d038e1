import { z } from 'zod'
import type { AlertDelivery } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Channel } from './channels/channel.ts'
import { composeAnomaly } from './compose.ts'
import { keyNotice } from './key-notice.ts'
import { ANOMALY_REASONS, type Message, type NoticeMessage } from './message.ts'
import { summaryNotice } from './summary.ts'
import { readTopic } from './topic.ts'

/** The message of a delivery, as things stand now. */
export async function composeDelivery(
  scope: Scope,
  kind: Pick<Channel, 'forPrograms'>,
  delivery: AlertDelivery,
  { baseUrl, now }: { baseUrl: string; now: Date },
): Promise<Message> {
  const { db, tenantId } = scope
  const tenant = await db.tenant.findFirst({ where: { id: tenantId } })
  if (tenant === null) throw new Error('the tenant is gone')
  const composing = { tenant, baseUrl, now }
  const reason = ANOMALY_REASONS.find((known) => known === delivery.reason)
  if (reason !== undefined) {
    const topic = await readTopic(scope, kind, delivery)
    if (topic === undefined) throw new Error('the anomaly is gone')
    return composeAnomaly(topic, reason, composing)
  }
  if (delivery.reason === 'CHANNEL_DISABLED') return disabledNotice(scope, delivery, tenant.name, composing)
  if (delivery.reason === 'STRIPE_KEY_REFUSED') return keyNotice(scope, delivery.seq, tenant.name, composing)
  if (delivery.reason === 'WEEKLY_SUMMARY') return summaryNotice(scope, tenant, composing)
  return testNotice(tenant.name, composing)
}

type NoticeParts = { baseUrl: string; now: Date }

const disabled = z.object({ name: z.string(), reason: z.string() })

/** The activity that says so has the name and the reason. */
async function disabledNotice(
  { db, tenantId }: Scope,
  { seq }: AlertDelivery,
  tenant: string,
  { baseUrl, now }: NoticeParts,
): Promise<NoticeMessage> {
  const activity = await db.activity.findFirst({ where: { tenantId, seq } })
  const { name, reason } = disabled.parse(JSON.parse(activity?.data ?? '{}'))
  return {
    type: 'notice',
    reason: 'CHANNEL_DISABLED',
    at: now,
    tenant,
    title: `Alerts no longer go to ${name}`,
    text: [
      `The channel ${name} was switched off, because nothing arrives there: ${reason}.`,
      'What it would have been sent is kept for 14 days. Mend the receiver, then recover the channel.',
    ],
    url: `${baseUrl}/`,
  }
}

const testNotice = (tenant: string, { baseUrl, now }: NoticeParts): NoticeMessage => ({
  type: 'notice',
  reason: 'TEST',
  at: now,
  tenant,
  title: 'This is a test',
  text: [
    `Alerts of ${tenant} arrive here. Nothing is wrong: somebody asked BillingWatch to try this channel.`,
  ],
  url: `${baseUrl}/`,
})
