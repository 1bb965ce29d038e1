import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { z } from 'zod'

const place = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

if (place === undefined)
  process.stderr.write('Skipped: the tests in a browser, as there is no Chromium in /usr/bin.\n')

/** Whether this machine has a browser to test in. */
export const hasBrowser = place !== undefined

/** The whole suite runs beside it: what takes a moment alone may take many. Milliseconds. */
export const PATIENT = 60_000

export async function startBrowser(): Promise<Browser> {
  if (place === undefined) throw new Error('there is no browser')
  return chromium.launch({
    executablePath: place,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-extensions'],
  })
}

/** A tab, with everything that it must not do. */
export interface Tab {
  page: Page
  /** Exceptions, reports of the content security policy, requests to other hosts. */
  faults: string[]
}

/** Opens a tab of its own, with cookies of its own. @param url where the server is */
export async function openTab(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Tab & { context: BrowserContext }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(PATIENT)
  const page = await context.newPage()
  return { context, ...watched(page, url) }
}

export function watched(page: Page, url: string): Tab {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (/content security policy|trusted ?types|trustedhtml/i.test(message.text()))
      faults.push(message.text())
  })
  page.on('request', (request) => {
    const to = request.url()
    if (!to.startsWith(url) && !/^(data|blob):/.test(to)) faults.push(`request to ${to}`)
  })
  return { page, faults }
}

/** Signs in as a person does. */
export async function signIn(page: Page, url: string, key: string, path = '/'): Promise<void> {
  await page.goto(`${url}${path}`)
  await page.getByLabel('API key').fill(key)
  await page.getByLabel('Your name').fill('Ann')
  // By keyboard: a pointer would then rest where the list appears, and keep it still.
  await page.getByLabel('Your name').press('Enter')
  await page.getByRole('navigation', { name: 'Screens' }).waitFor()
}

/** Texts that stand letter under letter, since nothing was left of their column. */
const SQUEEZED = `(() => {
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const range = document.createRange()
    range.selectNodeContents(texts.currentNode)
    const { width, height } = range.getBoundingClientRect()
    if (width > 0 && width < 24 && height > 40) found.push(texts.currentNode.data)
  }
  return found
})()`

export async function expectLegible(page: Page, name: string): Promise<void> {
  expect([name, await page.evaluate(SQUEEZED)]).toEqual([name, []])
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const findings = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) }),
)

/** Has axe look at the page, with every rule. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe)
  const found = findings.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'))
  const words = found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
  expect(words, name).toEqual([])
}
