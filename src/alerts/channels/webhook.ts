import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { HOUR } from '../../time.ts'
import type { Message, NoticeMessage } from '../message.ts'
import { type Channel, classifyHttp, defineChannel, type Means } from './channel.ts'

/** Bytes of a body, beyond which receivers cut. */
const MAX_BODY = 20_000

/**
 * POSTs events to a receiver of the tenant, signed by Standard Webhooks (standardwebhooks.com). Each state is an event
 * of its own, and all of them arrive.
 */
export const webhook = ({ request }: Means): Channel =>
  defineChannel({
    name: 'webhook',
    kind: 'WEBHOOK',
    target: z.object({ url: z.string().trim().max(2_000, 'url must have at most 2000 characters') }),
    describe: ({ url }) => new URL(url).host,
    url: ({ url }) => url,
    edits: false,
    followsStatus: false,
    forPrograms: true,
    digest: { names: 200, bytes: MAX_BODY, all: true },
    // As long as the schedule goes.
    retryFor: 120 * HOUR,
    render: (message) => JSON.stringify(eventOf(message)),
    async send({ target, deliveryId, body, at, secrets, signal }) {
      const timestamp = Math.floor(at.getTime() / 1_000)
      return request({
        method: 'POST',
        url: target.url,
        headers: {
          'content-type': 'application/json',
          'webhook-id': deliveryId,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': secrets
            .map((secret) => `v1,${signatureOf(secret, `${deliveryId}.${timestamp}.${body}`)}`)
            .join(' '),
        },
        body,
        signal,
      })
    },
    classify: classifyHttp,
  })

const signatureOf = (secret: string, content: string): string =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(content)
    .digest('base64')

const NOTICE_TYPES = {
  TEST: 'test',
  WEEKLY_SUMMARY: 'summary',
  CHANNEL_DISABLED: 'channel.disabled',
  STRIPE_KEY_REFUSED: 'stripe_key.refused',
} as const satisfies Record<NoticeMessage['reason'], string>

/** What the receiver gets. */
function eventOf(message: Message): { type: string; timestamp: string; data: object } {
  const timestamp = message.at.toISOString()
  switch (message.type) {
    case 'anomaly': {
      const { reason, anomaly, url } = message
      return { type: `anomaly.${reason.toLowerCase()}`, timestamp, data: { ...fitting(anomaly), url } }
    }
    case 'digest': {
      const { anomalies, more, ended, url } = message
      const named = anomalies.map((one) => ({ ...fitting(one.anomaly), url: one.url }))
      return { type: 'anomaly.digest', timestamp, data: { anomalies: named, more, ended, url } }
    }
    case 'notice': {
      const { reason, title, text, url } = message
      return { type: NOTICE_TYPES[reason], timestamp, data: { title, text, url } }
    }
    case 'verification':
      throw new Error('a webhook has no address to verify')
  }
}

/** Texts have no bound but this one: what would not fit is cut. */
const MAX_TEXT = 2_000

function fitting<T extends { message: string; advice: string; note: string | null }>(anomaly: T): T {
  const { message, advice, note } = anomaly
  return { ...anomaly, message: cut(message), advice: cut(advice), note: note === null ? null : cut(note) }
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text)
