import type { SeriesPoint } from '../detection/detector.ts'
import { Html, html } from './html.ts'
import { COLOURS, type Layout, type LinkList, layoutOf, short } from './layout.ts'
import type { LinkedObject, Message, VerificationMessage } from './message.ts'

/** A mail without its addresses. */
export interface Mail {
  subject: string
  text: string
  html: string
}

/**
 * Stands in a mail for the recipient's own link to unsubscribe. No text of anybody can have it: it is a control
 * character, and those are left out.
 */
export const UNSUBSCRIBE_LINK = '\u0001'

const SUBJECT = 150
const TEXT = 4_000
const LINES = 50

export function mailOf(message: Message): Mail {
  if (message.type === 'verification') return verificationMail(message)
  const layout = layoutOf(message)
  const series = message.type === 'anomaly' ? message.series : []
  return {
    // Answers of one thread have one subject: what changed is in the mail.
    subject: short(layout.subject, SUBJECT),
    text: textOf(layout),
    html: pageOf(layout, series).text,
  }
}

function textOf({ headline, state, paragraphs, facts, advice, lists, button, footer }: Layout): string {
  return [
    short(headline, TEXT),
    ...(state === undefined ? [] : [short(state, TEXT)]),
    '',
    ...paragraphs.flatMap((paragraph) => [short(paragraph, TEXT), '']),
    ...facts.map(({ label, value }) => `${short(label, 80)}: ${short(value, 300)}`),
    ...(facts.length === 0 ? [] : ['']),
    ...(advice === undefined ? [] : [`What to do: ${short(advice, TEXT)}`, '']),
    ...lists.flatMap((list) => [...linesOf(list), '']),
    `${button.label}: ${button.url}`,
    '',
    '-- ',
    footer,
    `Unsubscribe: ${UNSUBSCRIBE_LINK}`,
  ].join('\n')
}

function linesOf({ heading, items, more }: LinkList): string[] {
  const rest = restOf(items, more)
  return [
    `${heading}:`,
    ...items
      .slice(0, LINES)
      .map(({ label, url }) => `- ${short(label, 200)}${url === undefined ? '' : ` ${url}`}`),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
  ]
}

const restOf = (items: readonly unknown[], more: number): number => more + Math.max(0, items.length - LINES)

/** Clients know inline styles best; the dark colours are for those that know more. */
const STYLE = `
  body { margin: 0; background: #f4f5f7; color: #1c2733; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
  .page { max-width: 600px; margin: 0 auto; padding: 16px; }
  .card { background: #ffffff; border-radius: 8px; border: 1px solid #dfe3e8; padding: 20px; }
  .quiet { color: #5f6b76; }
  .advice { background: #f4f5f7; border-radius: 6px; padding: 12px; }
  a { color: #1257a8; }
  @media (prefers-color-scheme: dark) {
    body { background: #14181d; color: #e4e8ec; }
    .card { background: #1e242b; border-color: #323b45; }
    .quiet { color: #a3adb8; }
    .advice { background: #14181d; }
    a { color: #8ab8f0; }
  }`

const STYLE_MARKUP = new Html(STYLE)

const frame = (title: string, body: Html, footer: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE_MARKUP}</style>
</head>
<body><div class="page"><div class="card">${body}</div><p class="quiet" style="font-size:13px;margin:12px 4px">${footer}</p></div></body>
</html>
`

function pageOf(layout: Layout, series: readonly SeriesPoint[]): Html {
  const { tone, headline, state, paragraphs, facts, advice, lists, button, footer } = layout
  const colour = COLOURS[tone]
  const body = html`<div style="border-left:4px solid ${colour};padding-left:12px">
<h1 style="font-size:20px;line-height:1.3;margin:0">${short(headline, 300)}</h1>
${state === undefined ? undefined : html`<p class="quiet" style="margin:4px 0 0">${short(state, 300)}</p>`}</div>
${paragraphs.map((text) => html`<p style="margin:16px 0">${short(text, TEXT)}</p>`)}
${barsOf(series, colour)}
${
  facts.length === 0
    ? undefined
    : html`<table role="presentation" style="border-collapse:collapse;margin:16px 0">${facts.map(
        ({ label, value }) =>
          html`<tr><td class="quiet" style="padding:2px 16px 2px 0;vertical-align:top">${short(label, 80)}</td><td style="padding:2px 0"><strong>${short(value, 300)}</strong></td></tr>`,
      )}</table>`
}
${advice === undefined ? undefined : html`<p class="advice" style="margin:16px 0"><strong>What to do:</strong> ${short(advice, TEXT)}</p>`}
${lists.map(listOf)}
<p style="margin:20px 0 4px"><a href="${button.url}" style="display:inline-block;background:#1257a8;color:#ffffff;text-decoration:none;border-radius:6px;padding:10px 18px">${button.label}</a></p>`
  return frame(headline, body, html`${footer} · <a href="${UNSUBSCRIBE_LINK}">Unsubscribe</a>`)
}

function listOf({ heading, items, more }: LinkList): Html {
  const rest = restOf(items, more)
  return html`<h2 style="font-size:15px;margin:16px 0 4px">${heading}</h2>
<ul style="margin:0;padding-left:20px">${items.slice(0, LINES).map((item) => html`<li>${linked(item)}</li>`)}${rest > 0 ? html`<li class="quiet">and ${rest} more</li>` : undefined}</ul>`
}

const linked = ({ label, url }: LinkedObject): Html =>
  url === undefined ? html`${short(label, 200)}` : html`<a href="${url}">${short(label, 200)}</a>`

const BAR_HEIGHT = 48

/** Bars in a table, which every client draws: in colour where what was seen left what is usual. */
function barsOf(series: readonly SeriesPoint[], colour: string): Html | undefined {
  const most = Math.max(
    ...series.map(({ observed, upper, expected }) => Math.max(observed, upper ?? expected ?? 0)),
  )
  if (series.length < 2 || !(most > 0)) return undefined
  const width = (100 / series.length).toFixed(2)
  return html`<table role="img" aria-label="What was observed over time; coloured where it is not usual" style="width:100%;border-collapse:collapse;margin:16px 0 4px"><tr>${series.map(
    (point) =>
      html`<td style="width:${width}%;height:${BAR_HEIGHT}px;vertical-align:bottom;padding:0 1px"><div style="height:${Math.max(2, Math.round((point.observed / most) * BAR_HEIGHT))}px;background:${isUsual(point) ? '#9aa5b1' : colour};font-size:0">&nbsp;</div></td>`,
  )}</tr></table>
<p class="quiet" style="font-size:13px;margin:0">What was observed, the newest on the right; in colour where it is not usual.</p>`
}

const isUsual = ({ observed, lower, upper }: SeriesPoint): boolean =>
  observed >= (lower ?? Number.NEGATIVE_INFINITY) && observed <= (upper ?? Number.POSITIVE_INFINITY)

function verificationMail({ tenant, channel, address, code, url }: VerificationMessage): Mail {
  const who = short(tenant, 100)
  const about = `${who} wants to send alerts about its billing to ${short(address, 320)} (channel “${short(channel, 100)}”).`
  const subject = `Confirm alerts of ${who}`
  const text = [
    about,
    '',
    'If you want them, open this page and press the button:',
    url,
    '',
    'or give this code to whoever set it up:',
    `code ${code}`,
    '',
    'Both hold for 24 hours. If you know nothing of this, do nothing: no alerts will come.',
  ].join('\n')
  const body = html`<h1 style="font-size:20px;margin:0">${subject}</h1>
<p>${about}</p>
<p><a href="${url}" style="display:inline-block;background:#1257a8;color:#ffffff;text-decoration:none;border-radius:6px;padding:10px 18px">Confirm this address</a></p>
<p>Or give this code to whoever set it up: <strong style="font-size:18px;letter-spacing:2px">${code}</strong></p>
<p class="quiet">Both hold for 24 hours. If you know nothing of this, do nothing: no alerts will come.</p>`
  return { subject, text, html: frame(subject, body, html`BillingWatch`).text }
}
