import { describe, expect, it } from 'vitest'
import { anomalyMessage, digestMessage, hostileMessage, noticeMessage } from '../../support/alert-messages.ts'
import { CHATS, chatProviders } from './chat-providers.ts'

const { requests, channelOf, open, deliver } = await chatProviders()

describe.each(CHATS)('%s', (chat) => {
  it.each([
    ['an anomaly', anomalyMessage()],
    ['an end', anomalyMessage({ reason: 'ENDED', anomaly: { status: 'RESOLVED' } })],
    ['a notice', noticeMessage()],
  ])('delivers %s', async (_what, message) => {
    const answered = await deliver(chat, message)
    expect(channelOf(chat).classify(answered)).toEqual({ type: 'delivered' })
    expect(requests.length).toBe(1)
  })

  it('says what happened, how bad it is, and where to look', async () => {
    await deliver(chat, anomalyMessage())
    const { body } = requests[0] ?? { body: '' }
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
    const text = (requests[0]?.body ?? '').replaceAll('\\\\', '')
    expect(text).toContain('Medium: Revenue is 80% below usual · $900.00')
  })

  it.skipIf(chat === 'pagerDuty')('says first that it is over', async () => {
    await deliver(chat, anomalyMessage({ reason: 'ENDED' }))
    const text = (requests[0]?.body ?? '').replaceAll('\\\\', '')
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
})

it.each(CHATS.filter((chat) => chat !== 'pagerDuty'))(
  'names on %s what a digest holds, and counts the others',
  async (chat) => {
    await deliver(chat, digestMessage(25))
    const { body } = requests[0] ?? { body: '' }
    expect(body).toContain('https://billing.example.com/')
    expect(body).toMatch(/and \d+ more/)
  },
)

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
