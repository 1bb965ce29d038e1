import { COLOURS, type Layout, type LinkList, layoutOf, short } from '../layout.ts'
import type { LinkedObject, Message } from '../message.ts'

/** What Slack takes: characters of a header, of a section, of one of its fields. */
const HEADER = 150
const SECTION = 2_900
const FIELD = 300
const MAX_FIELDS = 10
const LINES = 20

/** A message of Slack's API: `text` is what notifications and screen readers have. */
export interface SlackMessage {
  text: string
  attachments: readonly { color: string; fallback: string; blocks: readonly object[] }[]
}

/** Slack's three control characters; without them nothing in a text is a link, a mention or a broadcast. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true })

/** In bold, whose own marks would end it. */
const bold = (text: string): string => `*${escaped(text).replaceAll('*', '∗')}*`

/** The message in blocks, beside a bar in the colour of its severity. */
export function slackMessage(message: Message): SlackMessage {
  const layout = layoutOf(message)
  const text = escaped(short([layout.headline, layout.state].filter(Boolean).join(' · '), 300))
  return {
    text,
    attachments: [{ color: COLOURS[layout.tone], fallback: text, blocks: blocksOf(layout) }],
  }
}

function blocksOf({ headline, state, paragraphs, facts, advice, lists, button, footer }: Layout): object[] {
  const sections = [
    ...paragraphs.map((text) => section(plain(short(text, SECTION)))),
    ...(advice === undefined ? [] : [section(plain(short(`What to do: ${advice}`, SECTION)))]),
  ]
  const fields = facts
    .slice(0, MAX_FIELDS)
    .map(({ label, value }) => mrkdwn(`${bold(short(label, 80))}\n${escaped(short(value, FIELD))}`))
  return [
    { type: 'header', text: plain(short(headline, HEADER)) },
    ...(state === undefined ? [] : [{ type: 'context', elements: [plain(short(state, FIELD))] }]),
    ...sections,
    ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
    ...lists.map((list) => section(mrkdwn(listOf(list)))),
    {
      type: 'actions',
      elements: [{ type: 'button', text: plain(button.label), url: button.url, action_id: 'open' }],
    },
    { type: 'context', elements: [plain(short(footer, FIELD))] },
  ]
}

const section = (text: object) => ({ type: 'section', text })

/** As many lines as fit; the others are counted. */
function listOf({ heading, items, more }: LinkList): string {
  const lines = [bold(heading)]
  let size = heading.length
  let shown = 0
  for (const item of items.slice(0, LINES)) {
    const line = `• ${linked(item)}`
    if (size + line.length > SECTION - 40) break
    size += line.length + 1
    lines.push(line)
    shown += 1
  }
  const rest = more + items.length - shown
  if (rest > 0) lines.push(`and ${rest} more`)
  return lines.join('\n')
}

/** `|` ends a link's address. */
const linked = ({ label, url }: LinkedObject): string =>
  url === undefined
    ? escaped(short(label, 200))
    : `<${escaped(encodeURI(decodeURI(url))).replaceAll('|', '%7C')}|${escaped(short(label, 200))}>`
