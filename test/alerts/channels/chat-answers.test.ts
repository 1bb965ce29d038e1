import { describe, expect, it } from 'vitest'
import { anomalyMessage } from '../../support/alert-messages.ts'
import { CHATS, chatProviders } from './chat-providers.ts'

const { channelOf, deliver, answer } = await chatProviders()

describe.each(CHATS)('%s', (chat) => {
  it.each([
    [500, 'retry'],
    [503, 'retry'],
    [408, 'retry'],
  ])('tries again after %d', async (status, type) => {
    answer({ status, text: 'trouble' })
    const answered = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answered).type).toBe(type)
  })

  it('waits for as long as the provider asks', async () => {
    answer({ status: 429, text: '{"ok":false,"error":"ratelimited"}', headers: { 'retry-after': '7' } })
    const answered = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answered)).toMatchObject({ type: 'retry', afterSeconds: 7 })
  })
})

it.each(CHATS.filter((chat) => chat !== 'teams'))(
  'does not repeat on %s what is refused as wrong',
  async (chat) => {
    answer({ status: 400, text: '{"ok":false,"error":"invalid_blocks"}' })
    const answered = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answered).type).toBe('failed')
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
    answer({ status, text: '<html>no</html>' })
    const answered = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answered).type).toBe('failed')
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
    answer({ status, text, headers: limits(remaining) })
    const answered = await deliver('discord', anomalyMessage())
    expect(channelOf('discord').classify(answered)).toEqual(outcome)
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
    answer({ status, text })
    const answered = await deliver(chat, anomalyMessage())
    expect(channelOf(chat).classify(answered).type).toBe('gone')
  })
})
