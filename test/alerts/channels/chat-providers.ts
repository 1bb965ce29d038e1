import { beforeEach } from 'vitest'
import type { Answer, Channel, OpenChannel, TargetName } from '../../../src/alerts/channels/channel.ts'
import { createChannels } from '../../../src/alerts/channels/registry.ts'
import { Outbound } from '../../../src/alerts/http.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { readConfig } from '../../../src/config.ts'
import { atEnd } from '../../support/endings.ts'
import { type ReceivedRequest, startReceiver } from '../../support/receiver.ts'

/** What a provider answers that takes everything: where it put it. */
const TAKES: Readonly<Record<string, (request: ReceivedRequest) => { status: number; text: string }>> = {
  slack: () => ({ status: 200, text: 'ok' }),
  slackBot: () => ({ status: 200, text: '{"ok":true,"channel":"C0123456","ts":"17.5"}' }),
  discord: () => ({ status: 200, text: '{"id":"900"}' }),
  teams: () => ({ status: 202, text: '' }),
  pagerDuty: () => ({ status: 202, text: '{"status":"success"}' }),
}

export const CHATS = ['slack', 'slackBot', 'discord', 'teams', 'pagerDuty'] as const
export type Chat = (typeof CHATS)[number]

interface StubbedAnswer {
  status: number
  text: string
  headers?: Record<string, string>
}

/** One server in place of all providers, for a file of tests, and the channels that send there. */
export async function chatProviders() {
  let answers: StubbedAnswer[] = []
  const { url, requests, close } = await startReceiver((request, response) => {
    const [, kind = ''] = request.path.split('/')
    const { status, text, headers } = answers.shift() ?? { ...TAKES[kind]?.(request), headers: {} }
    response.writeHead(status ?? 500, headers).end(text)
  })
  atEnd(close)
  beforeEach(() => {
    requests.length = 0
    answers = []
  })
  const config = readConfig({ SLACK_API_URL: `${url}/slackBot`, PAGERDUTY_EVENTS_URL: `${url}/pagerDuty` })
  const outbound = new Outbound(['127.0.0.1'])
  const channels = createChannels({ request: (request) => outbound.request(request), config })

  function channelOf(name: TargetName): Channel {
    const channel = channels.get(name)
    if (channel === undefined) throw new Error(`no channel ${name}`)
    return channel
  }

  const targetOf = (chat: Chat): object =>
    chat === 'slackBot'
      ? { token: 'xoxb-1234567890-abcdef', channel: 'C0123456' }
      : chat === 'pagerDuty'
        ? { routingKey: 'k'.repeat(32), region: 'EU' }
        : { url: `${url}/${chat}/token-that-is-secret` }

  const open = (chat: Chat): OpenChannel => channelOf(chat).open(targetOf(chat))

  /** Sends a message as the sender does, with what earlier ones left. */
  function deliver(
    chat: Chat,
    message: Message,
    { previous, progress }: Pick<Answer, 'progress'> & { previous?: string | undefined } = {},
  ): Promise<Answer> {
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

  return {
    requests,
    channelOf,
    open,
    deliver,
    /** What the provider says to the next requests, before it takes everything again. */
    answer(...next: StubbedAnswer[]): void {
      answers = next
    },
    paths: () => requests.map(({ method, path }) => `${method} ${path}`),
    bodies: () => requests.map(({ body }) => JSON.parse(body)),
  }
}
