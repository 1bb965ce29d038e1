import { expect, onTestFinished } from 'vitest'
import { raise, type Seed } from './anomalies.ts'
import { openTab, signIn, startBrowser, type Tab } from './browser.ts'
import { atEnd } from './endings.ts'
import { makeTenant, testApi } from './graphql.ts'

/** A server with its page, and a browser. */
export async function testPage() {
  const { database, served } = await testApi()
  const browser = await startBrowser()
  atEnd(() => browser.close())

  /** A tab that is closed with its test. @param url of another server */
  async function tab(options: Parameters<typeof openTab>[2] = {}, url = served.url) {
    const opened = await openTab(browser, url, options)
    onTestFinished(() => opened.context.close())
    return opened
  }

  /** A tenant with anomalies, and a tab; at the end nothing forbidden may have happened in it. */
  async function opened(seeds: Seed[] = [], path = '/', name = 'Acme') {
    const tenant = await makeTenant(database, name)
    const ids: string[] = []
    for (const seed of seeds) ids.push(await raise(database, tenant.id, seed))
    const { page, faults, context } = await tab()
    onTestFinished(() => expect(faults).toEqual([]))
    await signIn(page, served.url, tenant.key, path)
    const happen = async (seed: Seed) => {
      const id = await raise(database, tenant.id, seed)
      served.bus.publish(`feed:${tenant.id}`)
      return id
    }
    return { page, context, tenant, ids, happen }
  }

  return { database, served, tab, opened }
}

type HasPage = Pick<Tab, 'page'>

export const rows = ({ page }: HasPage) => page.getByRole('article')
export const titles = (tab: HasPage): Promise<string[]> => rows(tab).getByRole('link').allTextContents()
