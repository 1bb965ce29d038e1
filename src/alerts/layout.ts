import { SEVERITIES, type Severity } from '../detection/detector.ts'
import type {
  AnomalyMessage,
  AnomalyReason,
  DigestMessage,
  Fact,
  LinkedObject,
  Message,
  NoticeMessage,
  RelatedAnomaly,
} from './message.ts'

/** What colour a message has, and what it means. */
export type Tone = Severity | 'OVER' | 'NEUTRAL'

/**
 * A message as a reader sees it, from top to bottom, in no format yet. Chats and mails draw the same parts in the same
 * order; all text is plain and escaped by whoever draws it.
 */
export interface Layout {
  tone: Tone
  /** The severity and the title, or that it is over. */
  headline: string
  /** The same in all messages of a conversation: mail clients thread by it. */
  subject: string
  /** Where it stands, in a few words. */
  state: string | undefined
  /** What happened. */
  paragraphs: readonly string[]
  facts: readonly Fact[]
  /** What to do. */
  advice: string | undefined
  lists: readonly LinkList[]
  button: { label: string; url: string }
  /** Whose it is. */
  footer: string
}

export interface LinkList {
  heading: string
  items: readonly LinkedObject[]
  /** How many there are besides. */
  more: number
}

/** Of an anomaly's row. */
export const severityWord = ({ severity }: { severity: number }): string =>
  WORDS[SEVERITIES[severity] ?? 'LOW']

const WORDS: Readonly<Record<Severity, string>> = {
  LOW: 'Low',
  MEDIUM: 'Medium',
  HIGH: 'High',
  CRITICAL: 'Critical',
}

/** For a colour, as `#rrggbb`: the same hue wherever a severity is seen. */
export const COLOURS: Readonly<Record<Tone, string>> = {
  CRITICAL: '#b3261e',
  HIGH: '#c2570c',
  MEDIUM: '#8a6d00',
  LOW: '#3b6ea5',
  OVER: '#2e7d4f',
  NEUTRAL: '#5f6b76',
}

/** @throws for a verification, which only a mail can be */
export function layoutOf(message: Message): Layout {
  switch (message.type) {
    case 'anomaly':
      return anomalyLayout(message)
    case 'digest':
      return digestLayout(message)
    case 'notice':
      return noticeLayout(message)
    case 'verification':
      throw new Error('only a mail asks for the verification of an address')
  }
}

const footerOf = (tenant: string): string => `BillingWatch for ${short(tenant, 100)}`

/** What a person did with an anomaly stands, though it ended before. */
const DECIDED: readonly AnomalyReason[] = ['REOPENED', 'ACKNOWLEDGED']

/** Ended or dealt with: nobody has to get up for it. */
export const isOver = ({ reason, anomaly: { status, endedAt } }: AnomalyMessage): boolean =>
  reason === 'ENDED' ||
  reason === 'RESOLVED' ||
  status === 'RESOLVED' ||
  status === 'FALSE_POSITIVE' ||
  (endedAt !== null && !DECIDED.includes(reason))

function anomalyLayout(message: AnomalyMessage): Layout {
  const { anomaly, reason, news, state, stake, facts, objects, moreObjects, related, url, tenant } = message
  const over = reason === 'ENDED' ? 'Ended' : 'Over'
  const subject = `${WORDS[anomaly.severity]}: ${anomaly.title}`
  return {
    tone: isOver(message) ? 'OVER' : anomaly.severity,
    // Who is woken by it sees at once that there is nothing to get up for.
    headline: isOver(message) ? `${over}: ${anomaly.title}` : subject,
    subject,
    state: isOver(message) || stake === undefined ? state : `${state} · ${stake}`,
    paragraphs: [...(news === undefined ? [] : [news]), anomaly.message],
    facts,
    advice: isOver(message) ? undefined : anomaly.advice,
    lists: [
      { heading: 'Same cause', items: related.map(relatedEntry), more: 0 },
      { heading: 'In Stripe', items: objects, more: moreObjects },
    ].filter(({ items }) => items.length > 0),
    button: { label: 'Open the anomaly', url },
    footer: footerOf(tenant),
  }
}

/** E.g. `Medium: Revenue is 80% below usual · $1,334.00`. */
export const relatedEntry = ({ severity, title, impact, isOver, url }: RelatedAnomaly): LinkedObject => ({
  label: [
    `${WORDS[severity]}: ${title}`,
    ...(impact === null ? [] : [impact]),
    ...(isOver ? ['over'] : []),
  ].join(' · '),
  url,
})

const entryOf = ({
  severity,
  title,
  url,
}: {
  severity: Severity
  title: string
  url: string
}): LinkedObject => ({
  label: `${WORDS[severity]}: ${title}`,
  url,
})

function digestLayout({ title, anomalies, more, ended, url, tenant }: DigestMessage): Layout {
  const worst = anomalies[0]?.anomaly.severity
  return {
    tone: worst ?? 'NEUTRAL',
    headline: title,
    subject: title,
    state: undefined,
    paragraphs: ended === 0 ? [] : [endedMeanwhile(ended, anomalies.length > 0)],
    facts: [],
    advice: undefined,
    lists: [
      {
        heading: 'The most severe first',
        items: anomalies.map(({ anomaly, url }) => entryOf({ ...anomaly, url })),
        more,
      },
    ].filter(({ items }) => items.length > 0),
    button: { label: 'Open the list', url },
    footer: footerOf(tenant),
  }
}

function endedMeanwhile(count: number, isBesides: boolean): string {
  if (!isBesides) return `${count === 1 ? 'It' : 'All of them'} ended before this message was due.`
  return `${count} more ${count === 1 ? 'was' : 'were'} raised and ended in the meantime.`
}

const noticeLayout = ({ title, text, url, tenant }: NoticeMessage): Layout => ({
  tone: 'NEUTRAL',
  headline: title,
  subject: title,
  state: undefined,
  paragraphs: text,
  facts: [],
  advice: undefined,
  lists: [],
  button: { label: 'Open BillingWatch', url },
  footer: footerOf(tenant),
})

/**
 * Text of at most `most` characters; what is cut off shows as an ellipsis. Characters that turn the direction of
 * writing, or are no text at all, are left out: they could make a name look like another one.
 */
export function short(text: string, most: number): string {
  const clean = text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
  if (clean.length <= most) return clean
  // A surrogate pair is not cut in half.
  return `${clean.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
