import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Answer, OpenChannel, TargetName } from '../../../src/alerts/channels/channel.ts'
import { type Channels, createChannels } from '../../../src/alerts/channels/registry.ts'
import { Outbound } from '../../../src/alerts/http.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { readConfig } from '../../../src/config.ts'
import { anomalyMessage, digestMessage, hostileMessage, noticeMessage } from '../../support/alert-messages.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from '../../support/receiver.ts'

/** A provider that takes everything, and says where it put it. */
const TAKES: Readonly<Record<string, (request: ReceivedRequest) => { status: number; text: string }>> = {
  slack: () => ({ status: 200, text: 'ok' }),
  slackBot: () => ({ status: 200, text: '{"ok":true,"channel":"C0123456","ts":"17.5"}' }),
  discord: () => ({ status: 200, text: '{"id":"900"}' }),
  teams: () => ({ status: 202, text: '' }),
  pagerDuty: () => ({ status: 202, text: '{"status":"success"}' }),
}
const CHATS = ['slack', 'slackBot', 'discord', 'teams', 'pagerDuty'] as const
type Chat = (typeof CHATS)[number]

let provider: Receiver
let channels: Channels
let answers: { status: number; text: string; headers?: Record<string, string> }[] = []

beforeAll(async () => {
  provider = await startReceiver((request, response) => {
    const [, kind = ''] = request.path.split('/')
    const { status, text, headers } = answers.shift() ?? { ...TAKES[kind]?.(request), headers: {} }
    response.writeHead(status ?? 500, headers).end(text)
  })
  const config = readConfig({
    SLACK_API_URL: `${provider.url}/slackBot`,
    PAGERDUTY_EVENTS_URL: `${provider.url}/pagerDuty`,
  })
  const outbound = new Outbound(['127.0.0.1'])
  channels = createChannels({ request: (request) => outbound.request(request), config })
})
afterAll(() => provider.close())
beforeEach(() => {
  provider.requests.length = 0
  answers = []
})

const channelOf = (name: TargetName) => {
  const channel = channels.get(name)
  if (channel === undefined) throw new Error(`no channel ${name}`)
  return channel
}

const targetOf = (chat: Chat): object =>
  chat === 'slackBot'
    ? { token: 'xoxb-1234567890-abcdef', channel: 'C0123456' }
    : chat === 'pagerDuty'
      ? { routingKey: 'k'.repeat(32), region: 'EU' }
      : { url: `${provider.url}/${chat}/token-that-is-secret` }

const open = (chat: Chat): OpenChannel => channelOf(chat).open(targetOf(chat))

/** Sends a message as the sender does, with what earlier ones left. */
const deliver = (
  chat: Chat,
  message: Message,
  { previous, progress }: Pick<Answer, 'progress'> & { previous?: string | undefined } = {},
): Promise<Answer> => {
  const channel = open(chat)
  return channel.send({
    deliveryId: 'dlv_1',
    conversationId: 'anm_1',
    body: channel.render(message),
    at: new Date(),
    previous,
    progress,
    secrets: [],
    recipients: [],
    signal: new AbortController().signal,
  })
}

const paths = () => provider.requests.map(({ method, path }) => `${method} ${path}`)
const bodies = () => provider.requests.map(({ body }) => JSON.parse(body))

describe.each(CHATS)('%s', (chat) => {
  it.each([
    ['an anomaly', anomalyMessage()],
    ['an end', anomalyMessage({ reason: 'ENDED', anomaly: { status: 'RESOLVED' } })],
    ['a notice', noticeMessage()],
  ])('delivers %s', async (_what, message) => {
    const answer = await deliver(chat, message)
    expect(channelOf(chat).classify(answer)).toEqual({ type: 'delivered' })
    expect(provider.requests.length).toBe(1)
  })

  it('says what happened, how bad it is, and where to look', async () => {
    await deliver(chat, anomalyMessage())
    const { body } = provider.requests[0] ?? { body: '' }
    const text = body.replaceAll('\\\\', '')
    for (const part of [
      '92% of payments fail',
      '46 of 50 payments failed',
      '$1,334.00',
      'https://billing.example.com/a/anm_1',
    ])
      expect(text).toContain(part)
    expect(text.toLowerCase()).toContain('critical')
  })

  it('names the others of the same cause with severity, title and money', async () => {
    await deliver(chat, anomalyMessage())
    const text = (provider.requests[0]?.body ?? '').replaceAll('\\\\', '')
    expect(text).toContain('Medium: Revenue is 80% below usual · $900.00')
  })

  it.skipIf(chat === 'pagerDuty')('says first that it is over', async () => {
    await deliver(chat, anomalyMessage({ reason: 'ENDED' }))
    const text = (provider.requests[0]?.body ?? '').replaceAll('\\\\', '')
    expect(text).toContain('Ended: 92% of payments fail')
    expect(text).not.toContain('Critical: 92%')
  })

  it('makes no markup, mention or link of what strangers write, and stays within the provider’s limits', () => {
    const body = open(chat).render(hostileMessage())
    expect(body).not.toMatch(/\u202e/)
    expect(Buffer.byteLength(body)).toBeLessThan(28_000)
    if (chat === 'slack' || chat === 'slackBot')
      expect(mrkdwnOf(JSON.parse(body))).not.toMatch(/<!|<https:\/\/evil|<@/)
    if (chat === 'discord') {
      expect(JSON.parse(body).allowed_mentions).toEqual({ parse: [] })
      const [embed] = JSON.parse(body).embeds
      // A footer shows as it is written.
      const { footer, ...marked } = embed
      expect(JSON.stringify(marked)).not.toMatch(/[^\\]@everyone|[^\\]\[x\\\]/)
      expect(sizeOf(embed)).toBeLessThanOrEqual(6_000)
      expect(embed.title.length).toBeLessThanOrEqual(256)
    }
    if (chat === 'teams') expect(body).not.toMatch(/[^\\]\[x\\\\\]/)
  })

  it('shows no secret in its hint or in what is stored', () => {
    const channel = open(chat)
    const shown = `${channel.hint} ${channel.render(anomalyMessage())}`
    expect(shown).not.toMatch(/token-that-is-secret|xoxb-|kkkkkkkk/)
  })

  it.each([
    [500, 'retry'],
    [503, 'retry'],
    [408, 'retry'],
  ])('tries again after %d', async (status, type) => {
    answers = [{ status, text: 'trouble' }]
    const answer = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answer).type).toBe(type)
  })

  it('waits for as long as the provider asks', async () => {
    answers = [{ status: 429, text: '{"ok":false,"error":"ratelimited"}', headers: { 'retry-after': '7' } }]
    const answer = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answer)).toMatchObject({ type: 'retry', afterSeconds: 7 })
  })
})

it.each(CHATS.filter((chat) => chat !== 'pagerDuty'))(
  'names on %s what a digest holds, and counts the others',
  async (chat) => {
    await deliver(chat, digestMessage(25))
    const { body } = provider.requests[0] ?? { body: '' }
    expect(body).toContain('https://billing.example.com/')
    expect(body).toMatch(/and \d+ more/)
  },
)

it.each(CHATS.filter((chat) => chat !== 'teams'))(
  'does not repeat on %s what is refused as wrong',
  async (chat) => {
    answers = [{ status: 400, text: '{"ok":false,"error":"invalid_blocks"}' }]
    const answer = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answer).type).toBe('failed')
  },
)

it.each([
  ['pagerDuty', 400],
  ['pagerDuty', 404],
  ['slackBot', 404],
  ['discord', 404],
  ['slack', 403],
] as const)(
  'counts on %s %d as one refusal, which does not disable the channel yet',
  async (chat, status) => {
    answers = [{ status, text: '<html>no</html>' }]
    const answer = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answer).type).toBe('failed')
  },
)

describe('the rate limits that Discord states', () => {
  const limits = (remaining: string) => ({
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset-after': '2.5',
  })

  it.each([
    [200, '{"id":"900"}', '0', { type: 'delivered', restSeconds: 2.5 }],
    [200, '{"id":"900"}', '1', { type: 'delivered' }],
    [429, '{}', '0', { type: 'retry', reason: 'answered 429', afterSeconds: 3 }],
  ] as const)('after %d %s with %s left are kept', async (status, text, remaining, outcome) => {
    answers = [{ status, text, headers: limits(remaining) }]
    const answer = await deliver('discord', anomalyMessage())
    expect(channelOf('discord').classify(answer)).toEqual(outcome)
  })
})

describe('one message an anomaly', () => {
  it('edits on Discord, and posts anew when the message was deleted', async () => {
    const first = await deliver('discord', anomalyMessage())
    expect(first.reference).toBe('900')
    const second = await deliver('discord', anomalyMessage({ reason: 'UPDATED' }), {
      previous: first.reference,
    })
    expect(second.reference).toBe('900')
    answers = [{ status: 404, text: '{"code":10008}' }]
    const third = await deliver('discord', anomalyMessage({ reason: 'ENDED' }), { previous: '800' })
    expect(third.reference).toBe('900')
    expect(paths().map((path) => path.replace(/\?.*/, ''))).toEqual([
      'POST /discord/token-that-is-secret',
      'PATCH /discord/token-that-is-secret/messages/900',
      'PATCH /discord/token-that-is-secret/messages/800',
      'POST /discord/token-that-is-secret',
    ])
    expect(provider.requests.every(({ path }) => path.includes('wait=true'))).toBe(true)
  })

  it('edits on Slack, and says the end in its thread', async () => {
    const first = await deliver('slackBot', anomalyMessage())
    await deliver('slackBot', anomalyMessage({ reason: 'UPDATED' }), { previous: first.reference })
    await deliver('slackBot', anomalyMessage({ reason: 'ENDED', state: 'Ended at 00:40' }), {
      previous: first.reference,
    })
    expect(paths()).toEqual([
      'POST /slackBot/chat.postMessage',
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.postMessage',
    ])
    expect(bodies().at(-1)).toMatchObject({ channel: 'C0123456', thread_ts: '17.5', text: 'Ended at 00:40' })
  })

  it('repeats on Slack only the reply when that alone failed', async () => {
    const previous = '{"channel":"C0123456","ts":"17.5"}'
    const end = anomalyMessage({ reason: 'ENDED', state: 'Ended at 00:40' })
    answers = [
      { status: 200, text: '{"ok":true,"channel":"C0123456","ts":"17.5"}' },
      { status: 500, text: '' },
    ]
    const failed = await deliver('slackBot', end, { previous })
    expect(channelOf('slackBot').classify(failed).type).toBe('retry')
    const again = await deliver('slackBot', end, { previous, progress: failed.progress })
    expect(channelOf('slackBot').classify(again)).toEqual({ type: 'delivered' })
    expect(paths()).toEqual([
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.postMessage',
      'POST /slackBot/chat.postMessage',
    ])
  })

  it('is an incident of PagerDuty that follows the status', async () => {
    await deliver('pagerDuty', anomalyMessage())
    await deliver(
      'pagerDuty',
      anomalyMessage({ reason: 'ACKNOWLEDGED', anomaly: { status: 'ACKNOWLEDGED' } }),
    )
    await deliver('pagerDuty', anomalyMessage({ reason: 'ENDED', anomaly: { status: 'RESOLVED' } }))
    await deliver('pagerDuty', anomalyMessage({ reason: 'REOPENED' }))
    const ended = { endedAt: '2026-11-28T14:10:00.000Z' }
    await deliver('pagerDuty', anomalyMessage({ reason: 'UPDATED', anomaly: ended }))
    await deliver('pagerDuty', anomalyMessage({ reason: 'REOPENED', anomaly: ended }))
    expect(bodies().map(({ event_action, dedup_key }) => `${event_action} ${dedup_key}`)).toEqual([
      'trigger anm_1',
      'acknowledge anm_1',
      'resolve anm_1',
      'trigger anm_1',
      'resolve anm_1',
      'trigger anm_1',
    ])
    expect(bodies()[0]).toMatchObject({ routing_key: 'k'.repeat(32), payload: { severity: 'critical' } })
  })
})

describe('a channel that is gone', () => {
  it.each([
    ['slack', 404, 'no_service'],
    ['slack', 410, 'channel_is_archived'],
    ['slackBot', 200, '{"ok":false,"error":"invalid_auth"}'],
    ['slackBot', 200, '{"ok":false,"error":"is_archived"}'],
    ['discord', 404, '{"code":10015,"message":"Unknown Webhook"}'],
    ['teams', 410, ''],
  ] as const)('is recognized on %s by %d %s', async (chat, status, text) => {
    answers = [{ status, text }]
    const answer = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answer).type).toBe('gone')
  })
})

describe('a target', () => {
  it.each([
    ['teams', { url: 'https://acme.webhook.office.com/webhookb2/1' }, /retired/],
    ['slackBot', { token: 'xoxp-1234567890-abcdef', channel: 'C0123456' }, /xoxb-/],
    ['slackBot', { token: 'xoxb-1234567890-abcdef', channel: 'no channel!' }, /must be a channel/],
    ['pagerDuty', { routingKey: 'short' }, /32 letters/],
  ] as const)('of %s %j is refused with a reason', (chat, target, reason) => {
    expect(() => channelOf(chat).open(target)).toThrow(reason)
  })
})

const sizeOf = (embed: {
  title: string
  description: string
  footer: { text: string }
  fields: { name: string; value: string }[]
}): number =>
  embed.fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0) +
  embed.title.length +
  embed.description.length +
  embed.footer.text.length

/** All texts of a Slack message in which marks mean something. */
function mrkdwnOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(mrkdwnOf).join('\n')
  if (typeof value !== 'object' || value === null) return ''
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return String(value.text)
  return Object.values(value).map(mrkdwnOf).join('\n')
}
