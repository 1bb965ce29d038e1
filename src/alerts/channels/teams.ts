import { z } from 'zod'
import { HOUR } from '../../time.ts'
import { type LinkList, layoutOf, short, type Tone } from '../layout.ts'
import type { LinkedObject, Message } from '../message.ts'
import { type Channel, classifyHttp, defineChannel, type Means } from './channel.ts'

/** Where Power Automate takes the posts of its workflows. */
const HOSTS = ['.logic.azure.com', '.api.powerplatform.com'] as const

const RETIRED = /^https:\/\/([\w-]+\.)?webhook\.office\.com\//i

/** Bytes of a card: Teams shows none above 28 kB. */
const MAX_CARD = 27_000
const TEXT = 3_000
const FACT = 300
const LINES = 20

/** The colours that Teams has names for. */
const COLOURS: Readonly<Record<Tone, string>> = {
  CRITICAL: 'Attention',
  HIGH: 'Attention',
  MEDIUM: 'Warning',
  LOW: 'Accent',
  OVER: 'Good',
  NEUTRAL: 'Default',
}

/** Posts an Adaptive Card to a workflow. Nothing it answers says which card that was, so each state is a new one. */
export const teams = ({ request }: Means): Channel =>
  defineChannel({
    name: 'teams',
    kind: 'TEAMS',
    target: z.object({
      url: z
        .string()
        .trim()
        .max(2_000, 'url must have at most 2000 characters')
        .refine(
          (url) => !RETIRED.test(url),
          'url is of an Office 365 connector, which Microsoft has retired: make a workflow "Post to a channel when a webhook request is received" and give its URL',
        ),
    }),
    // Its whole path and query are the secret.
    describe: ({ url }) => `${new URL(url).host} (workflow)`,
    url: ({ url }) => url,
    hosts: HOSTS,
    edits: false,
    followsStatus: false,
    forPrograms: false,
    digest: { names: 20, bytes: MAX_CARD, all: false },
    retryFor: 4 * HOUR,
    spacingMs: 1_000,
    render: (message) => JSON.stringify(envelope(cardOf(message))),
    send: ({ target, body, signal }) =>
      request({
        method: 'POST',
        url: target.url,
        headers: { 'content-type': 'application/json' },
        body,
        hosts: HOSTS,
        signal,
      }),
    // It answers 202 before anything is shown.
    classify: classifyHttp,
  })

const envelope = (content: object) => ({
  type: 'message',
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
})

/** Text blocks and facts take some Markdown: what would be it shows as it was written. */
const escaped = (text: string): string => text.replace(/[\\*_~`[\]()#>\-+.!]/g, '\\$&')

const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more })

function cardOf(message: Message): object {
  const { tone, headline, state, paragraphs, facts, advice, lists, button, footer } = layoutOf(message)
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      block(escaped(short(headline, 250)), { size: 'Large', weight: 'Bolder', color: COLOURS[tone] }),
      ...(state === undefined
        ? []
        : [block(escaped(short(state, FACT)), { isSubtle: true, spacing: 'None' })]),
      ...paragraphs.map((text) => block(escaped(short(text, TEXT)))),
      ...(facts.length === 0
        ? []
        : [
            {
              type: 'FactSet',
              facts: facts.map(({ label, value }) => ({
                title: escaped(short(label, 80)),
                value: escaped(short(value, FACT)),
              })),
            },
          ]),
      ...(advice === undefined ? [] : [block(`**What to do:** ${escaped(short(advice, TEXT))}`)]),
      ...lists.flatMap(listOf),
      block(escaped(short(footer, FACT)), { isSubtle: true, size: 'Small', separator: true }),
    ],
    actions: [{ type: 'Action.OpenUrl', title: button.label, url: button.url }],
  }
}

function listOf({ heading, items, more }: LinkList): object[] {
  const shown = items.slice(0, LINES)
  const rest = more + items.length - shown.length
  const lines = [...shown.map((item) => `- ${linked(item)}`), ...(rest > 0 ? [`- and ${rest} more`] : [])]
  return [block(`**${heading}**`), block(lines.join('\n'), { spacing: 'None' })]
}

const linked = ({ label, url }: LinkedObject): string =>
  url === undefined
    ? escaped(short(label, 150))
    : `[${escaped(short(label, 150))}](${url.replace(/[()\s]/g, encodeURIComponent)})`
