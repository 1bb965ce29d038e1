import { answerText, type PlainHandler, readOnly } from './answer.ts'

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>BillingWatch</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em;color-scheme:light dark}</style>
<h1>BillingWatch</h1>
<p>This server listens to Stripe's webhooks and reports what is wrong with the billing of its tenants.</p>
<ul>
<li>GraphQL, over HTTP, WebSocket and server-sent events: <code>/graphql</code></li>
<li>Anomalies as CSV: <code>/export/anomalies.csv</code></li>
<li>Whether it is alive, and ready: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></li>
</ul>
<p>Both of the first ask for an API key: <code>authorization: Bearer bw_live_…</code></p>
</html>
`

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b3d5c"/><path d="M2 9h3l2-5 2 8 2-3h3" fill="none" stroke="#fff" stroke-width="1.5"/></svg>
`

const SAFE = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

/** `GET /` for browsers: what this is, in a few lines. @param next answers requests for anything but a page */
export const frontPage = (next: PlainHandler): PlainHandler =>
  readOnly((req, res) => {
    if (!req.headers.accept?.includes('text/html')) return next(req, res)
    answerText(res, 200, 'text/html; charset=utf-8', PAGE, SAFE)
  })

/** `GET /favicon.ico`, which browsers ask for by themselves. */
export const icon: PlainHandler = readOnly((_req, res) => answerText(res, 200, 'image/svg+xml', ICON, SAFE))
