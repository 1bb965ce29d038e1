import { z } from 'zod'
import { HOUR } from '../../time.ts'
import {
  type Answer,
  type Channel,
  classifyHttp,
  defineChannel,
  type Means,
  type Outcome,
} from './channel.ts'
import { slackMessage } from './slack-blocks.ts'

export const SLACK_HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'] as const

/** What Slack answers when the webhook, its channel or its workspace is gone for good. */
const GONE = new Set([
  'no_service',
  'no_team',
  'no_active_hooks',
  'channel_is_archived',
  'invalid_token',
  'team_disabled',
])

/**
 * Posts to a channel through an incoming webhook. Slack's answer does not say which message was made, so each state is
 * a message of its own. Mattermost and Rocket.Chat take the same, on hosts that the operator allows.
 */
export const slack = ({ request }: Means): Channel =>
  defineChannel({
    name: 'slack',
    kind: 'SLACK',
    target: z.object({ url: z.string().trim().max(2_000, 'url must have at most 2000 characters') }),
    describe: ({ url }) => `${new URL(url).host} (incoming webhook)`,
    url: ({ url }) => url,
    hosts: SLACK_HOSTS,
    edits: false,
    followsStatus: false,
    forPrograms: false,
    digest: { names: 20, bytes: 30_000, all: false },
    retryFor: 4 * HOUR,
    spacingMs: 1_000,
    render: (message) => JSON.stringify(slackMessage(message)),
    send: ({ target, body, signal }) =>
      request({
        method: 'POST',
        url: target.url,
        headers: { 'content-type': 'application/json' },
        body,
        hosts: SLACK_HOSTS,
        signal,
      }),
    classify: classifySlack,
  })

function classifySlack(answer: Answer): Outcome {
  const { status, text = '' } = answer
  if (status === undefined || status < 400 || status === 408 || status === 429 || status >= 500)
    return classifyHttp(answer)
  const said = text.trim().slice(0, 100)
  const reason = `Slack answered ${status}${said === '' ? '' : `: ${said}`}`
  if (status === 410 || GONE.has(said)) return { type: 'gone', reason }
  return { type: 'failed', reason }
}
