import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webhook } from '../../../src/alerts/channels/webhook.ts'
import { Outbound } from '../../../src/alerts/http.ts'
import { readConfig } from '../../../src/config.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

const secret = (fill: string) => `whsec_${Buffer.from(fill.repeat(32)).toString('base64')}`
const OLD = secret('o')
const NEW = secret('n')

describe('WEBHOOK', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await startReceiver()
  })
  afterAll(() => receiver.close())

  it('signs so that a receiver verifies it with either secret of a roll', async () => {
    const outbound = new Outbound(['127.0.0.1'])
    const channel = webhook({ request: (request) => outbound.request(request), config: readConfig({}) })
    const open = channel.open({ url: `${receiver.url}/alerts` })
    const body = open.render({
      type: 'notice',
      reason: 'TEST',
      at: new Date(),
      tenant: 'Acme',
      title: 'A test — with “quotes”',
      text: ['Nothing happened.'],
      url: 'http://localhost:4000/',
    })
    const answer = await open.send({
      deliveryId: 'dlv_1',
      conversationId: undefined,
      body,
      at: new Date(),
      previous: undefined,
      progress: undefined,
      secrets: [NEW, OLD],
      recipients: [],
      signal: new AbortController().signal,
    })
    expect(channel.classify(answer)).toEqual({ type: 'delivered' })
    const [request] = receiver.requests
    expect(request?.headers['webhook-id']).toBe('dlv_1')
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    )
    for (const known of [OLD, NEW])
      expect(new Webhook(known).verify(request?.body ?? '', headers)).toMatchObject({ type: 'test' })
    expect(() => new Webhook(secret('x')).verify(request?.body ?? '', headers)).toThrow()
  })

  it.each([
    [{ status: 200 }, { type: 'delivered' }],
    [{ status: 204 }, { type: 'delivered' }],
    [{ status: 301 }, { type: 'retry' }],
    [{ status: 404 }, { type: 'retry' }],
    [{ status: 500 }, { type: 'retry' }],
    [{ status: 410 }, { type: 'gone' }],
    [
      { status: 429, retryAfter: 9 },
      { type: 'retry', afterSeconds: 9 },
    ],
    [{ error: 'the connection failed' }, { type: 'retry', reason: 'the connection failed' }],
  ])('takes the answer %j for %j', (answer, outcome) => {
    const channel = webhook({ request: async () => ({ headers: {} }), config: readConfig({}) })
    expect(channel.classify(answer)).toMatchObject(outcome)
  })
})
