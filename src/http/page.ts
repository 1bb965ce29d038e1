import { answerText, type PlainHandler, readOnly } from './answer.ts'

/** What stands in place of a dashboard that was not built. */
export const UNBUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>BillingWatch</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em;color-scheme:light dark}</style>
<h1>BillingWatch</h1>
<p>This server listens to Stripe's webhooks and reports what is wrong with the billing of its tenants.</p>
<p>Its dashboard was not built: run <code>npm run build</code> and start it again. Everything else works meanwhile:</p>
<ul>
<li>GraphQL, over HTTP, WebSocket and server-sent events: <code>/graphql</code></li>
<li>Anomalies as CSV: <code>/export/anomalies.csv</code></li>
<li>Whether it is alive, and ready: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></li>
</ul>
<p>Both of the first ask for an API key: <code>authorization: Bearer bw_live_…</code></p>
</html>
`

export interface PageFiles {
  script: string
  style: string | undefined
  /** Scripts that the first one cannot run without. */
  preloads: readonly string[]
}

/** The page of the dashboard, the same at every address: what it shows is up to its script. */
export const indexPage = ({ script, style, preloads }: PageFiles): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>BillingWatch</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
${style === undefined ? '' : `<link rel="stylesheet" href="${style}">\n`}${preloads.map((path) => `<link rel="modulepreload" href="${path}">\n`).join('')}<script type="module" src="${script}"></script>
<noscript>BillingWatch's dashboard needs JavaScript. The same data is served as GraphQL at /graphql.</noscript>
</html>
`

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b3d5c"/><path d="M2 9h3l2-5 2 8 2-3h3" fill="none" stroke="#fff" stroke-width="1.5"/></svg>
`

/** `GET /favicon.ico`, which browsers ask for by themselves. */
export const icon: PlainHandler = readOnly((_req, res) =>
  answerText(res, 200, 'image/svg+xml', ICON, { 'x-content-type-options': 'nosniff' }),
)
