import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Answer, Channel } from '../../../src/alerts/channels/channel.ts'
import { email } from '../../../src/alerts/channels/email.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { readConfig } from '../../../src/config.ts'
import { anomalyMessage, digestMessage, hostileMessage } from '../../support/alert-messages.ts'
import { type MailServer, startMailServer } from '../../support/mail-server.ts'

let server: MailServer
let channel: Channel

const channelFor = (env: Record<string, string>) =>
  email({ request: async () => ({ headers: {} }), config: readConfig(env) })

beforeEach(async () => {
  server = await startMailServer()
  channel = channelFor({ SMTP_URL: server.url, ALERT_FROM: 'BillingWatch <alerts@bw.example>' })
})
afterEach(async () => {
  await channel.close?.()
  await server.close()
})

const ANA = 'ana@example.com'
const BEN = 'ben@example.com'

const deliver = (
  message: Message,
  {
    id = 'dlv_1',
    to = [ANA],
    ...left
  }: Partial<Pick<Answer, 'progress'>> & { id?: string; to?: string[]; previous?: string | undefined } = {},
): Promise<Answer> => {
  const open = channel.open({ addresses: to })
  return open.send({
    deliveryId: id,
    conversationId: message.type === 'anomaly' ? message.anomaly.id : undefined,
    body: open.render(message),
    at: new Date('2026-11-27T23:10:00Z'),
    previous: left.previous,
    progress: left.progress,
    secrets: [],
    recipients: to.map((address) => ({
      address,
      unsubscribeUrl: `https://bw.example/alerts/unsubscribe/of-${address.replace('@', '-')}`,
    })),
    signal: new AbortController().signal,
  })
}

const received = () => server.mails.map((mail) => (Array.isArray(mail.to) ? '' : mail.to?.text))

describe('a mail', () => {
  it('says in text and in HTML what happened, with a way to unsubscribe by one click', async () => {
    const answer = await deliver(anomalyMessage())
    expect(channel.classify(answer)).toEqual({ type: 'delivered' })
    const [mail] = server.mails
    expect(mail?.subject).toBe('Critical: 92% of payments fail')
    expect(mail?.from?.text).toBe('"BillingWatch" <alerts@bw.example>')
    for (const body of [mail?.text, String(mail?.html)]) {
      expect(body).toContain('46 of 50 payments failed')
      expect(body).toContain('$1,334.00')
      expect(body).toContain('https://billing.example.com/a/anm_1')
      expect(body).toContain(`https://bw.example/alerts/unsubscribe/of-ana-example.com`)
    }
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail?.headers.get('list')).toMatchObject({
      unsubscribe: { url: `https://bw.example/alerts/unsubscribe/of-ana-example.com` },
    })
    expect(mail?.headerLines.find(({ key }) => key === 'list-unsubscribe-post')?.line).toContain(
      'List-Unsubscribe=One-Click',
    )
  })

  it('of one anomaly belongs to one thread', async () => {
    const first = await deliver(anomalyMessage())
    const second = await deliver(anomalyMessage({ reason: 'ENDED' }), {
      id: 'dlv_2',
      previous: first.reference,
    })
    const third = await deliver(anomalyMessage({ reason: 'REOPENED' }), {
      id: 'dlv_3',
      previous: second.reference,
    })
    expect(third.reference).toBe('<anm_1@bw.example>')
    expect(server.mails.map(({ messageId, inReplyTo }) => [messageId, inReplyTo])).toEqual([
      ['<anm_1@bw.example>', undefined],
      ['<dlv_2@bw.example>', '<anm_1@bw.example>'],
      ['<dlv_3@bw.example>', '<anm_1@bw.example>'],
    ])
  })

  it('names what a digest holds', async () => {
    await deliver(digestMessage())
    const [mail] = server.mails
    expect(mail?.subject).toBe('7 anomalies since 22:00')
    expect(mail?.text).toContain('and 4 more')
    expect(mail?.text).toContain('2 more were raised and ended in the meantime')
  })

  it('draws the series, in colour where it is not usual', async () => {
    const series = [3, 4, 3, 40].map((observed, at) => ({ at, observed, lower: 1, upper: 8 }))
    await deliver(anomalyMessage({ series }))
    const page = String(server.mails[0]?.html)
    expect(page.match(/background:#9aa5b1/g)?.length).toBe(3)
    expect(page.match(/height:48px;background:#b3261e/g)?.length).toBe(1)
  })

  it('asks for the verification of an address by a link and a code', async () => {
    await deliver({
      type: 'verification',
      at: new Date(),
      tenant: 'Acme',
      channel: 'Night shift',
      address: ANA,
      code: '123456',
      url: 'https://bw.example/alerts/verify/t0ken',
    })
    expect(server.mails[0]?.text).toMatch(/^code 123456$/m)
    expect(server.mails[0]?.text).toContain('https://bw.example/alerts/verify/t0ken')
  })

  it('has no markup, header or address that strangers wrote', async () => {
    await deliver(hostileMessage())
    const [mail] = server.mails
    expect(mail?.subject).not.toMatch(/[\r\n\u202e]/)
    expect(mail?.bcc).toBeUndefined()
    expect(String(mail?.html)).not.toMatch(/<b>html|<!channel>|href="https:\/\/evil/)
    expect(received()).toEqual([ANA])
  })
})

describe('a server that does not take it', () => {
  it('for now is asked again, only for those who have it not yet', async () => {
    server.refuse = (address) => (address === BEN ? { responseCode: 451, message: 'later' } : undefined)
    const failed = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    expect(channel.classify(failed).type).toBe('retry')
    server.refuse = () => undefined
    const again = await deliver(anomalyMessage(), { to: [ANA, BEN], progress: failed.progress })
    expect(channel.classify(again)).toEqual({ type: 'delivered' })
    expect(received()).toEqual([ANA, BEN])
  })

  it('for good names the address, and the others have it', async () => {
    server.refuse = (address) => (address === ANA ? { responseCode: 550, message: 'nobody' } : undefined)
    const answer = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    expect(channel.classify(answer)).toEqual({ type: 'delivered' })
    expect(answer).toMatchObject({ refused: [ANA], accepted: [BEN] })
    expect(received()).toEqual([BEN])
  })

  it('for good, one now and another later, has failed: nobody has it', async () => {
    server.refuse = (address) => ({ responseCode: address === ANA ? 550 : 451, message: 'no' })
    const first = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    expect(channel.classify(first).type).toBe('retry')
    expect(first).toMatchObject({ refused: [ANA], accepted: [] })
    server.refuse = () => ({ responseCode: 550, message: 'nobody' })
    const second = await deliver(anomalyMessage(), { to: [ANA, BEN], progress: first.progress })
    expect(channel.classify(second)).toEqual({ type: 'failed', reason: 'the mail server answered 550' })
    expect(second.refused).toEqual([BEN])
  })

  it('for good once the others have it has not failed', async () => {
    server.refuse = (address) => (address === BEN ? { responseCode: 451, message: 'later' } : undefined)
    const first = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    server.refuse = () => ({ responseCode: 550, message: 'nobody' })
    const second = await deliver(anomalyMessage(), { to: [ANA, BEN], progress: first.progress })
    expect(channel.classify(second)).toEqual({ type: 'delivered' })
    expect(second).toMatchObject({ refused: [BEN], accepted: [] })
  })

  it('for good once another has unsubscribed is not DELIVERED: nobody has it', async () => {
    server.refuse = (address) => ({ responseCode: address === ANA ? 550 : 451, message: 'no' })
    const first = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    const second = await deliver(anomalyMessage(), { to: [ANA], progress: first.progress })
    expect(channel.classify(second)).toEqual({ type: 'retry', reason: 'no address was left to send to' })
  })

  it('at all for good has failed', async () => {
    server.refuse = () => ({ responseCode: 550, message: 'nobody' })
    const answer = await deliver(anomalyMessage())
    expect(channel.classify(answer)).toEqual({ type: 'failed', reason: 'the mail server answered 550' })
    expect(answer.refused).toEqual([ANA])
  })

  it.each([
    [
      'the sender',
      () => {
        server.refuseSender = () => ({ responseCode: 550, message: 'who are you?' })
      },
    ],
    [
      'what the mail says',
      () => {
        server.onData = () => ({ responseCode: 554, message: 'spam' })
      },
    ],
  ])('because of %s blames no address, and is asked again', async (_what, refuse) => {
    refuse()
    const answer = await deliver(anomalyMessage(), { to: [ANA, BEN] })
    expect(channel.classify(answer)).toMatchObject({
      type: 'retry',
      reason: expect.stringMatching(/^the mail server answered 55/),
    })
    expect(answer).toMatchObject({ refused: [], accepted: [] })
  })

  it('after the text is asked again', async () => {
    server.onData = () => ({ responseCode: 452, message: 'full' })
    expect(channel.classify(await deliver(anomalyMessage())).type).toBe('retry')
  })

  it('but breaks off in the middle is asked again', async () => {
    server.onData = () => 'drop'
    const answer = await deliver(anomalyMessage())
    expect(answer.status).toBeUndefined()
    expect(channel.classify(answer).type).toBe('retry')
  })

  it('but is away is asked again, and SMTP_URL is not shown', async () => {
    await server.close()
    const url = new URL(server.url)
    channel = channelFor({ SMTP_URL: `smtp://user:hidden@${url.host}`, ALERT_FROM: 'alerts@bw.example' })
    const answer = await deliver(anomalyMessage())
    expect(channel.classify(answer).type).toBe('retry')
    expect(JSON.stringify(answer)).not.toContain('hidden')
    server = await startMailServer()
  })
})

it('is encrypted where the server offers it', async () => {
  const encrypting = await startMailServer({ disabledCommands: ['AUTH'] })
  const secured = channelFor({
    SMTP_URL: `${encrypting.url}?tls.rejectUnauthorized=false`,
    ALERT_FROM: 'a@bw.example',
  })
  try {
    channel = secured
    expect(secured.classify(await deliver(anomalyMessage()))).toEqual({ type: 'delivered' })
    expect(encrypting.secure).toEqual([true])
  } finally {
    await secured.close?.()
    await encrypting.close()
  }
})

it('cannot be used without SMTP_URL, and says so', () => {
  expect(channelFor({}).unavailable).toMatch(/SMTP_URL/)
})

it.each([
  [{ addresses: ['not an address'] }, /must be mail addresses/],
  [{ addresses: [] }, /at least one/],
  [{ addresses: Array.from({ length: 21 }, (_, i) => `a${i}@example.com`) }, /at most 20/],
  [{ addresses: ['a@example.com\r\nBcc: b@example.com'] }, /must be mail addresses/],
])('takes no target %j', (target, reason) => {
  expect(() => channel.open(target)).toThrow(reason)
})
