import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { hasBrowser, openTab, signIn, startBrowser } from '../../support/browser.ts'
import { buildPage } from '../../support/build-page.ts'
import { BenchServer } from '../bench-server.ts'
import { median } from '../figures.ts'
import { bundle, inWorkshop, machineName } from '../machine.ts'
import { raise, seed } from '../page/seed.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { forgetNotes, heapOf, notesOf, takeNotes, throttle } from './tab.ts'

const ANOMALIES = 10_000
const THROTTLE = 4
const FULL = { loads: 9, steps: 3_000, changes: 1_000, inserts: 1_000 }
const QUICK = { loads: 2, steps: 60, changes: 100, inserts: 100 }
const CHANGES_A_SECOND = 50
const ROW = 'article'

/** The page in Chromium: how soon it is there, how soon it answers, and what many anomalies and many changes cost it. */
export const browser: Part = {
  name: 'browser',
  about:
    'the page in Chromium: first paint, answers to keys, 10,000 anomalies, 50 changes a second, 1,000 new ones',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

interface Site {
  chromium: Browser
  url: string
  key: string
}

async function measure(options: BenchOptions, folder: string): Promise<PartReport> {
  if (!hasBrowser) throw new Error('There is no Chromium in /usr/bin.')
  buildPage()
  const file = join(folder, 'bench.db')
  const [reader] = await seed(file, 1, ANOMALIES)
  const script = await bundle(folder, { whole: new URL('../whole.ts', import.meta.url) })
  const server = await BenchServer.start(script('whole'), [`file:${file}`, `${randomUUID()}${randomUUID()}`])
  const chromium = await startBrowser()
  try {
    const site = { chromium, url: `http://127.0.0.1:${server.port}`, key: reader?.key ?? '' }
    const { loads, steps, changes, inserts } = options.quick ? QUICK : FULL
    options.say('first paint')
    const paint = await firstPaint(site, loads)
    options.say('keys')
    const answer = await slowestAnswer(site)
    options.say('scrolling')
    const scrolled = await scroll(site, steps)
    options.say('changes')
    const changed = await change(site, changes)
    options.say('new anomalies')
    const growth = await grow(site, inserts, (count) => raise(file, reader?.tenantId ?? '', count))
    return report({ paint, answer, scrolled, changed, growth })
  } finally {
    await chromium.close()
    await server.child.stop()
  }
}

async function signedIn({ chromium, url, key }: Site, path: string) {
  const { page, context } = await openTab(chromium, url)
  await takeNotes(page)
  await signIn(page, url, key, path)
  await page.getByRole(ROW).first().waitFor()
  return { page, context, session: await context.newCDPSession(page) }
}

/** Median of the largest contentful paint of the inbox, in milliseconds, with nothing in the browser's cache. */
async function firstPaint(site: Site, loads: number): Promise<number> {
  const { page, context, session } = await signedIn(site, '/')
  await throttle(session, THROTTLE)
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  const paints: number[] = []
  for (let load = 0; load < loads; load += 1) {
    await page.goto(site.url)
    await page.getByRole(ROW).first().waitFor()
    await page.waitForLoadState('networkidle')
    paints.push((await notesOf(page)).lcp)
  }
  await context.close()
  return median(paints)
}

/** Milliseconds from a key to the frame that shows what it did: the slowest of a triage by keyboard. */
async function slowestAnswer(site: Site): Promise<number> {
  const { page, context, session } = await signedIn(site, '/')
  await throttle(session, THROTTLE)
  await forgetNotes(page)
  for (const key of ['j', 'j', 'a', 'j', 'e', 'z', 'k', 'Enter', 'a', 'g', 'i', 'j', 's', 'Escape']) {
    await page.keyboard.press(key)
    await sleep(400)
  }
  await page.getByLabel('Search').click()
  await page.keyboard.type('charge', { delay: 80 })
  await sleep(1_000)
  const { interactions } = await notesOf(page)
  await context.close()
  return Math.max(0, ...interactions)
}

interface Scrolled {
  rows: number
  longestTask: number
  seen: number
}

/** Scrolls down through all anomalies, a screen a step. */
async function scroll(site: Site, steps: number): Promise<Scrolled> {
  const { page, context } = await signedIn(site, '/?view=all')
  await page.getByRole(ROW).first().hover()
  await forgetNotes(page)
  const seen = new Set<string>()
  let rows = 0
  for (let step = 0; step < steps && seen.size < ANOMALIES; step += 1) {
    await page.mouse.wheel(0, 700)
    const shown = idsShape.parse(await page.evaluate(ROW_IDS))
    rows = Math.max(rows, shown.length)
    for (const id of shown) seen.add(id)
  }
  const { tasks } = await notesOf(page)
  await context.close()
  return { rows, longestTask: Math.max(0, ...tasks), seen: seen.size }
}

const ROW_IDS = `Array.from(document.querySelectorAll('[data-row]'), (row) => row.dataset.row)`
const idsShape = z.array(z.string())

interface Changed {
  perFrame: number
  longestTask: number
  growth: number
}

const listShape = z.object({
  data: z.object({ anomalies: z.object({ nodes: z.array(z.object({ id: z.string() })) }) }),
})

/** Acts on what the page shows, 50 times a second, from elsewhere. */
async function change(site: Site, changes: number): Promise<Changed> {
  const { page, context, session } = await signedIn(site, '/?view=all')
  const { data } = listShape.parse(await ask(site, '{ anomalies(first: 50) { nodes { id } } }'))
  const ids = data.anomalies.nodes.map(({ id }) => id)
  const before = await heapOf(session)
  await forgetNotes(page)
  const began = performance.now()
  for (let n = 0; n < changes; n += 1) {
    const act = Math.floor(n / ids.length) % 2 === 0 ? 'resolveAnomaly' : 'reopenAnomaly'
    await ask(site, `mutation { ${act}(input: { id: "${ids[n % ids.length]}" }) { anomaly { id } } }`)
    await sleep(Math.max(0, began + ((n + 1) * 1_000) / CHANGES_A_SECOND - performance.now()))
  }
  await sleep(2_000)
  const { changes: seen, frames, tasks } = await notesOf(page)
  const growth = (await heapOf(session)) - before
  await context.close()
  return { perFrame: seen / frames, longestTask: Math.max(0, ...tasks), growth }
}

/** New anomalies at a time. */
const AT_ONCE = 25

/** Raises anomalies while the page shows the list. @returns megabytes by which its heap has grown once they are shown */
async function grow(site: Site, inserts: number, raiseMore: (count: number) => void): Promise<number> {
  const { page, context, session } = await signedIn(site, '/?view=all')
  // Rows wait while a pointer rests on the list.
  await page.getByRole(ROW).first().hover()
  const before = await heapOf(session)
  for (let made = 0; made < inserts; made += AT_ONCE) {
    raiseMore(AT_ONCE)
    await sleep(200)
  }
  // Another process raised them: the feed is read every five seconds.
  await sleep(7_000)
  const waiting = page.getByRole('button', { name: / new$/ })
  if (await waiting.isVisible()) await waiting.click()
  const growth = (await heapOf(session)) - before
  await context.close()
  return growth
}

async function ask({ url, key }: Site, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  })
  return response.json()
}

interface Seen {
  paint: number
  answer: number
  scrolled: Scrolled
  changed: Changed
  growth: number
}

function report({ paint, answer, scrolled, changed, growth }: Seen): PartReport {
  const targets = [
    atMost('largest contentful paint of the inbox', 1_200, paint, 'ms'),
    atMost('slowest answer to a key', 100, answer, 'ms'),
    atMost('rows in the document while 10,000 are scrolled through', 60, scrolled.rows, 'rows'),
    atMost('longest task while scrolling', 50, scrolled.longestTask, 'ms'),
    atMost('changes of the document a frame, at 50 updates a second', 1, changed.perFrame, 'a frame'),
    atMost('growth of the heap over those updates', 5, changed.growth, 'MB'),
    atMost('growth of the heap over as many new anomalies', 5, growth, 'MB'),
  ]
  return {
    title: 'The page in Chromium',
    columns: ['', 'seen', 'target'],
    rows: targets.map(({ what, seen, target }) => [what, seen, target]),
    notes: [
      `paint and keys with the processor ${THROTTLE} times slower, nothing cached; ${machineName()}`,
      `${scrolled.seen} of ${ANOMALIES} anomalies were scrolled past; the browser reports no task under 50 ms`,
      `longest task during the updates: ${changed.longestTask.toFixed(0)} ms`,
    ],
    targets,
    data: { paint, answer, scrolled, changed, growth },
  }
}
