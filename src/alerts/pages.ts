import type { RequestListener, ServerResponse } from 'node:http'
import { answerError, answerText } from '../http/answer.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { unsubscribe, verifyByLink } from './addresses.ts'
import { html } from './html.ts'
import { type MailLink, readLink } from './links.ts'
import type { SendingParts } from './sending-parts.ts'

const SAFE = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

const LINK = /^\/alerts\/(verify|unsubscribe)\/([\w.-]{20,4000})$/

const WORDS = {
  verify: {
    ask: (address: string) => `Should alerts go to ${address}?`,
    button: 'Yes, send alerts here',
    done: 'Alerts go to this address from now on.',
  },
  unsubscribe: {
    ask: (address: string) => `Should no more alerts go to ${address}?`,
    button: 'Unsubscribe',
    done: 'No more alerts go to this address.',
  },
} as const

export interface PageParts extends Pick<SendingParts, 'vault' | 'clock' | 'log'> {
  /** Of the tenant that a link names; links are signed. */
  scopeOf(tenantId: string): Scope
}

/**
 * The pages that mails lead to. Programs open links of mails to look at them, so
 * opening one changes nothing; only its button, or a mail program that unsubscribes (RFC 8058), does.
 */
export function alertPages(parts: PageParts, next: RequestListener): RequestListener {
  return (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/'
    const [, purpose, token = ''] = LINK.exec(path) ?? []
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (purpose !== 'verify' && purpose !== 'unsubscribe') return next(req, res)
    const link = readLink(parts.vault, purpose, token)
    if (link === undefined) return answerPage(res, 404, 'Not found', [html`This link is not complete.`])
    const { ask, button } = WORDS[purpose]
    if (isRead)
      return answerPage(res, 200, 'Alerts', [
        html`${ask(link.address)}`,
        html`<form method="post"><button>${button}</button></form>`,
      ])
    if (req.method !== 'POST')
      return answerError(res, 405, 'METHOD_NOT_ALLOWED', 'Only GET and POST are answered here.', {
        allow: 'GET, HEAD, POST',
      })
    req.resume()
    act(parts, link, res).catch((err: unknown) => {
      parts.log.error({ err }, 'a link of a mail failed')
      answerError(res, 503, 'UNAVAILABLE', 'This cannot be done now: try again in a minute.')
    })
  }
}

async function act(parts: PageParts, link: MailLink, res: ServerResponse): Promise<void> {
  const scope = parts.scopeOf(link.tenantId)
  const isDone =
    link.purpose === 'verify' ? await verifyByLink(scope, parts, link) : await unsubscribe(scope, link)
  if (isDone) answerPage(res, 200, 'Alerts', [html`${WORDS[link.purpose].done}`])
  else
    answerPage(res, 410, 'Too late', [
      html`This link was used or is too old, or the channel is gone. Have a new mail sent.`,
    ])
}

function answerPage(
  res: ServerResponse,
  status: number,
  title: string,
  parts: readonly { text: string }[],
): void {
  const body = parts.map(({ text }) => `<p>${text}</p>`).join('\n')
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – BillingWatch</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em;color-scheme:light dark}</style>
<h1>${title}</h1>
${body}
</html>
`
  answerText(res, status, 'text/html; charset=utf-8', page, SAFE)
}
