import { z } from 'zod'
import { HOUR } from '../../time.ts'
import { isOver, short } from '../layout.ts'
import type { Message } from '../message.ts'
import {
  type Answer,
  type Channel,
  classifyHttp,
  defineChannel,
  type Means,
  type Outcome,
  type Sending,
} from './channel.ts'
import { escaped, slackMessage } from './slack-blocks.ts'

interface Target {
  token: string
  channel: string
}

/** What is stored: the message, and what is added to its thread, where an end would else go unseen. */
const rendered = z.object({ message: z.record(z.string(), z.unknown()), reply: z.string().optional() })

/** Where a message is. `channel` is an id, also where the target is a name. */
const place = z.object({ channel: z.string(), ts: z.string() })

const placeOf = (reference: string) => place.parse(JSON.parse(reference))

const answered = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  channel: z.string().optional(),
  ts: z.string().optional(),
})

/** The token, or where it posts to, is gone for good. */
const GONE = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'is_archived',
  'channel_is_archived',
  'team_access_not_granted',
])

/** Statuses by which what stands before Slack refuses a request, in no JSON. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404])

/** Slack's own trouble. */
const AGAIN = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
])

/** The message to edit is not there any more: the state is posted anew. */
const LOST = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found'])

/** Posts as a bot: one message an anomaly, edited as it grows, with a reply in its thread at the end. */
export const slackBot = ({ request, config: { slackApiUrl } }: Means): Channel => {
  const call = async (
    method: string,
    body: object,
    { target: { token, channel }, signal }: Sending<Target>,
  ): Promise<Answer> =>
    request({
      method: 'POST',
      url: `${slackApiUrl.replace(/\/$/, '')}/${method}`,
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
      body: JSON.stringify({ channel, unfurl_links: false, unfurl_media: false, ...body }),
      // The address is Slack's own or the operator's, never a tenant's.
      trusted: true,
      signal,
    })
  /** Edits the message of before, or posts one. */
  const show = async (message: object, sending: Sending<Target>): Promise<Answer> => {
    const { previous } = sending
    const edited = previous && (await call('chat.update', { ...placeOf(previous), ...message }, sending))
    const answer =
      edited && !LOST.has(readAnswer(edited).error ?? '')
        ? edited
        : await call('chat.postMessage', message, sending)
    const { ok, channel, ts } = readAnswer(answer)
    return ok && channel && ts ? { ...answer, reference: JSON.stringify({ channel, ts }) } : answer
  }
  return defineChannel<Target>({
    name: 'slackBot',
    kind: 'SLACK',
    target: z.object({
      token: z
        .string()
        .trim()
        .regex(/^xoxb-[\w-]{10,300}$/, 'token must be a bot token, which begins with xoxb-'),
      channel: z
        .string()
        .trim()
        .regex(
          /^(#?[\p{L}\p{N}_-]{1,80}|[CGD][A-Z0-9]{5,20})$/u,
          'channel must be a channel, such as C0123456789',
        ),
    }),
    describe: ({ channel }) => `Slack channel ${channel}`,
    secrets: ({ token }) => [token],
    edits: true,
    followsStatus: true,
    forPrograms: false,
    digest: { names: 20, bytes: 30_000, all: false },
    retryFor: 4 * HOUR,
    spacingMs: 1_000,
    render: (message) => JSON.stringify({ message: slackMessage(message), reply: replyTo(message) }),
    async send(sending) {
      const { message, reply } = rendered.parse(JSON.parse(sending.body))
      const { previous, progress } = sending
      const shown = progress === undefined ? await show(message, sending) : { reference: progress }
      if (shown.reference === undefined || previous === undefined || reply === undefined) return shown
      const { channel, ts } = placeOf(shown.reference)
      const said = await call('chat.postMessage', { channel, thread_ts: ts, text: reply }, sending)
      return readAnswer(said).ok
        ? { ...said, reference: shown.reference }
        : { ...said, progress: shown.reference }
    },
    classify: classifyBot,
  })
}

const REPLY = 300

/** Editing a message notifies nobody: what ends, or comes back, is said in its thread. */
function replyTo(message: Message): string | undefined {
  if (message.type !== 'anomaly') return undefined
  if (message.news !== undefined) return escaped(short(message.news, REPLY))
  if (!isOver(message) && message.reason !== 'REOPENED' && message.reason !== 'ESCALATED') return undefined
  return escaped(short(message.state, REPLY))
}

function readAnswer({ text = '' }: Answer): z.infer<typeof answered> {
  try {
    return answered.parse(JSON.parse(text))
  } catch {
    return { ok: false }
  }
}

/** Slack answers 200 to nearly everything: `ok` and `error` say what became of it. */
function classifyBot(answer: Answer): Outcome {
  const { ok, error } = readAnswer(answer)
  if (ok) return { type: 'delivered' }
  if (error === undefined) {
    if (REFUSALS.has(answer.status ?? 0)) return { type: 'failed', reason: `Slack answered ${answer.status}` }
    const outcome = classifyHttp(answer)
    return outcome.type === 'delivered' ? { type: 'retry', reason: 'Slack did not answer in JSON' } : outcome
  }
  const reason = `Slack answered: ${error.slice(0, 100)}`
  if (AGAIN.has(error))
    return {
      type: 'retry',
      reason,
      ...(answer.retryAfter !== undefined && { afterSeconds: answer.retryAfter }),
    }
  return GONE.has(error) ? { type: 'gone', reason } : { type: 'failed', reason }
}
