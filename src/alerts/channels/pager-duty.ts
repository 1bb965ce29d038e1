import { z } from 'zod'
import type { Severity } from '../../detection/detector.ts'
import { HOUR } from '../../time.ts'
import { isOver, layoutOf, relatedEntry, short } from '../layout.ts'
import type { AnomalyMessage, Message } from '../message.ts'
import {
  type Answer,
  type Channel,
  classifyHttp,
  defineChannel,
  type Means,
  type Outcome,
} from './channel.ts'

const HOSTS = { US: 'https://events.pagerduty.com', EU: 'https://events.eu.pagerduty.com' } as const

const SEVERITIES: Readonly<Record<Severity, string>> = {
  LOW: 'info',
  MEDIUM: 'warning',
  HIGH: 'error',
  CRITICAL: 'critical',
}

const SUMMARY = 1_024

/** Opens an incident for each anomaly, which follows its status. PagerDuty merges events by the anomaly's id. */
export const pagerDuty = ({ request, config: { pagerDutyEventsUrl } }: Means): Channel =>
  defineChannel({
    name: 'pagerDuty',
    kind: 'PAGERDUTY',
    target: z.object({
      routingKey: z
        .string()
        .trim()
        .regex(
          /^[A-Za-z0-9]{32}$/,
          'routingKey must be the integration key of Events API v2, 32 letters and digits',
        ),
      region: z.enum(['US', 'EU']).default('US'),
    }),
    describe: ({ routingKey, region }) => `PagerDuty ${region}, key …${routingKey.slice(-4)}`,
    secrets: ({ routingKey }) => [routingKey],
    edits: true,
    followsStatus: true,
    forPrograms: false,
    digest: undefined,
    retryFor: 4 * HOUR,
    // The key is added when it is sent: what is stored holds no secret.
    render: (message) => JSON.stringify(eventOf(message)),
    send: ({ target: { routingKey, region }, body, signal }) =>
      request({
        method: 'POST',
        url: `${(pagerDutyEventsUrl ?? HOSTS[region]).replace(/\/$/, '')}/v2/enqueue`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ routing_key: routingKey, ...JSON.parse(body) }),
        trusted: true,
        signal,
      }),
    classify: classifyPagerDuty,
  })

function eventOf(message: Message): object {
  if (message.type !== 'anomaly') return noticeOf(message)
  const { anomaly, conversation, url, facts, related } = message
  const action = actionOf(message)
  if (action !== 'trigger') return { event_action: action, dedup_key: conversation }
  return {
    event_action: action,
    dedup_key: conversation,
    client: 'BillingWatch',
    client_url: url,
    links: [{ href: url, text: 'Open the anomaly' }],
    payload: {
      summary: short(anomaly.title, SUMMARY),
      source: short(`BillingWatch for ${message.tenant}`, SUMMARY),
      severity: SEVERITIES[anomaly.severity],
      timestamp: anomaly.detectedAt,
      class: anomaly.detector,
      custom_details: {
        ...Object.fromEntries(facts.map(({ label, value }) => [short(label, 80), short(value, 300)])),
        'What happened': short(anomaly.message, 4_000),
        'What to do': short(anomaly.advice, 4_000),
        ...(related.length > 0 && {
          'Same cause': related.map((one) => short(relatedEntry(one).label, 300)).join('; '),
        }),
      },
    },
  }
}

function actionOf(message: AnomalyMessage): 'trigger' | 'acknowledge' | 'resolve' {
  if (isOver(message)) return 'resolve'
  return message.anomaly.status === 'ACKNOWLEDGED' ? 'acknowledge' : 'trigger'
}

/** A notice is an incident of its own that wakes nobody. */
function noticeOf(message: Message): object {
  const { headline, paragraphs, footer, button } = layoutOf(message)
  return {
    event_action: 'trigger',
    client: 'BillingWatch',
    client_url: button.url,
    payload: {
      summary: short(headline, SUMMARY),
      source: short(footer, SUMMARY),
      severity: 'info',
      custom_details: { text: short(paragraphs.join(' '), 4_000) },
    },
  }
}

/** An event that PagerDuty does not take is never taken: it is not repeated. One refusal does not say that the key is gone. */
function classifyPagerDuty(answer: Answer): Outcome {
  const { status } = answer
  if (status === undefined || status < 400 || status === 408 || status === 429 || status >= 500)
    return classifyHttp(answer)
  const reason = `PagerDuty answered ${status}`
  return status === 410 ? { type: 'gone', reason } : { type: 'failed', reason }
}
