import { z } from 'zod'
import { DAY, HOUR } from '../../time.ts'
import type { HttpAnswer } from '../http.ts'
import { COLOURS, type Layout, type LinkList, layoutOf, short } from '../layout.ts'
import type { LinkedObject, Message } from '../message.ts'
import {
  type Answer,
  type Channel,
  classifyHttp,
  defineChannel,
  type Means,
  type Outcome,
  type Sending,
} from './channel.ts'

const HOSTS = ['discord.com', 'discordapp.com', 'canary.discord.com', 'ptb.discord.com'] as const

/** Characters, before each may get a backslash: Discord takes 256 of a title, 4,096 of a text, 1,024 of a field. */
const TITLE = 120
const TEXT = 900
const FIELD = 300
const LIST = 900
const MAX_FIELDS = 8
/** Of all together it takes 6,000. */
const WHOLE = 5_900

/** Codes of Discord's errors: the webhook, or the message to edit, is not there any more. */
const UNKNOWN_WEBHOOK = 10_015
const UNKNOWN_MESSAGE = 10_008

interface Target {
  url: string
}

/** Posts through a webhook: one message an anomaly, edited as it changes. */
export const discord = ({ request }: Means): Channel => {
  const call = async (
    method: 'POST' | 'PATCH',
    path: string,
    { target, body, signal }: Sending<Target>,
  ): Promise<Answer> => {
    const url = new URL(target.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    // Only then the answer says which message it was.
    url.searchParams.set('wait', 'true')
    const headers = { 'content-type': 'application/json' }
    return withLimits(await request({ method, url: url.href, headers, body, hosts: HOSTS, signal }))
  }
  return defineChannel<Target>({
    name: 'discord',
    kind: 'DISCORD',
    target: z.object({ url: z.string().trim().max(2_000, 'url must have at most 2000 characters') }),
    describe: ({ url }) => `${new URL(url).host} (webhook)`,
    url: ({ url }) => url,
    hosts: HOSTS,
    edits: true,
    followsStatus: true,
    forPrograms: false,
    digest: { names: 15, bytes: 20_000, all: false },
    retryFor: 4 * HOUR,
    spacingMs: 500,
    render: (message) => JSON.stringify(discordMessage(message)),
    async send(sending) {
      const { previous } = sending
      const edited = previous && (await call('PATCH', `/messages/${encodeURIComponent(previous)}`, sending))
      if (edited && codeOf(edited) !== UNKNOWN_MESSAGE) return { ...edited, reference: previous }
      const posted = await call('POST', '', sending)
      const id = idOf(posted)
      return id === undefined ? posted : { ...posted, reference: id }
    },
    classify: classifyDiscord,
  })
}

/** What would be markup, a mention or a link shows as it was written. */
const escaped = (text: string): string => text.replace(/[\\*_~`|>#\-[\]()<@:]/g, '\\$&')

function discordMessage(message: Message): object {
  const layout = layoutOf(message)
  const { tone, headline, paragraphs, advice, button } = layout
  const texts = [...paragraphs, ...(advice === undefined ? [] : [`What to do: ${advice}`])]
  const title = escaped(short(headline, TITLE))
  const description = texts
    .slice(0, 2)
    .map((text) => escaped(short(text, TEXT)))
    .join('\n\n')
  const footer = short(layout.footer, FIELD)
  let left = WHOLE - title.length - description.length - footer.length
  const fields = fieldsOf(layout).filter(({ name, value }) => {
    left -= name.length + value.length
    return left >= 0
  })
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        url: button.url,
        description,
        color: Number.parseInt(COLOURS[tone].slice(1), 16),
        fields,
        footer: { text: footer },
      },
    ],
  }
}

interface Field {
  name: string
  value: string
  inline?: boolean
}

const fieldsOf = ({ state, facts, lists }: Layout): Field[] => [
  ...(state === undefined ? [] : [{ name: 'State', value: escaped(short(state, FIELD)) }]),
  ...facts.slice(0, MAX_FIELDS).map(({ label, value }) => ({
    name: escaped(short(label, 80)),
    value: escaped(short(value, FIELD)),
    inline: true,
  })),
  ...lists.map((list) => ({ name: list.heading, value: listOf(list) })),
]

function listOf({ items, more }: LinkList): string {
  const lines: string[] = []
  let size = 0
  for (const item of items) {
    const line = linked(item)
    if (size + line.length > LIST) break
    size += line.length + 1
    lines.push(line)
  }
  const rest = more + items.length - lines.length
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}

const linked = ({ label, url }: LinkedObject): string =>
  url === undefined
    ? escaped(short(label, 150))
    : `[${escaped(short(label, 150))}](${url.replace(/[()\s]/g, encodeURIComponent)})`

const answered = z.object({ id: z.string().optional(), code: z.number().optional() })

function read({ text = '' }: Answer): z.infer<typeof answered> {
  try {
    return answered.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Discord says with each answer how many more it takes, and for how many seconds no others when that is none. */
function withLimits(answer: HttpAnswer): Answer {
  const { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset-after': reset } = answer.headers
  const seconds = typeof reset === 'string' && /^\d+(\.\d+)?$/.test(reset) ? Number(reset) : undefined
  if (remaining !== '0' || seconds === undefined) return answer
  const restFor = Math.min(DAY, seconds)
  const isRefused = answer.status === 429 && answer.retryAfter === undefined
  return isRefused ? { ...answer, retryAfter: Math.max(1, Math.ceil(restFor)) } : { ...answer, restFor }
}

const codeOf = (answer: Answer): number | undefined => read(answer).code
const idOf = (answer: Answer): string | undefined => (answer.status === 200 ? read(answer).id : undefined)

function classifyDiscord(answer: Answer): Outcome {
  const { status, restFor } = answer
  if (status !== undefined && status >= 200 && status < 300 && restFor !== undefined)
    return { type: 'delivered', restSeconds: restFor }
  if (status === undefined || status < 400 || status === 408 || status === 429 || status >= 500)
    return classifyHttp(answer)
  const reason = `Discord answered ${status}`
  return codeOf(answer) === UNKNOWN_WEBHOOK ? { type: 'gone', reason } : { type: 'failed', reason }
}
