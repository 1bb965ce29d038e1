import { describe, expect, it } from 'vitest'
import { raise } from '../support/anomalies.ts'
import { expectAccessible, expectLegible, hasBrowser, PATIENT } from '../support/browser.ts'
import { storeConnection } from '../support/connection.ts'
import { ADMIN_KEY, makeTenant } from '../support/graphql.ts'
import { rows, testPage } from '../support/page.ts'
import { double, paid, pipelineOn } from '../support/pipeline.ts'

describe.skipIf(!hasBrowser)('the page, in a browser', { timeout: 4 * PATIENT }, async () => {
  if (!hasBrowser) return
  const { database, served, tab: newTab, opened } = await testPage()
  const pipeline = pipelineOn(database)

  it('lets nobody in with a wrong key, and keeps who is in through a reload until they sign out', async () => {
    const tenant = await makeTenant(database)
    const { page } = await newTab()
    await page.goto(`${served.url}/detectors?x=1`)
    await page.getByLabel('API key').fill('bw_live_wrong')
    await page.getByLabel('Your name').fill('Ann')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('not valid').waitFor()
    await page.getByLabel('API key').fill(tenant.key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Detectors' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Detectors' }).waitFor()
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
  })

  it('says what a setting would have changed in the last 28 days, while a slider moves', async () => {
    const start = Math.floor(Date.now() / 1_000) - 3 * 86_400
    const tab = await opened([], '/detectors/duplicate-charge')
    const { page, tenant } = tab
    await pipeline.deliver({ id: tenant.id, endpoint: { id: tenant.endpointId } }, [
      ...double(start),
      paid(start + 9_000, { customer: 'cus_slow' }),
      paid(start + 10_800, { customer: 'cus_slow' }),
    ])
    await pipeline.judgeAll(start + 11_000)
    await page.getByLabel('Window', { exact: true }).fill('3600')
    await page.getByText('Last 28 days: 2 instead of 1.').waitFor()
    await page.getByText('New:').waitFor()
    // To the left as far as it goes: a minute.
    await page.getByRole('slider').press('Home')
    await page.getByText('Last 28 days: 1 instead of 1. Nothing would change.').waitFor()
    expect(await page.getByLabel('Window', { exact: true }).inputValue()).toBe('60')
  })

  it('shows an operator who is in trouble, and an administrator who is signed in', async () => {
    const tab = await opened([], '/settings/sessions')
    const { page } = tab
    await page.getByText('This one').waitFor()
    const elsewhere = await newTab()
    await elsewhere.page.goto(served.url)
    await elsewhere.page.getByLabel('API key').fill(tab.tenant.key)
    await elsewhere.page.getByLabel('Your name').fill('Ben')
    await elsewhere.page.getByLabel('Your name').press('Enter')
    await elsewhere.page.getByRole('navigation', { name: 'Screens' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Revoke the session of Ben' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await elsewhere.page.getByRole('button', { name: 'Sign in' }).waitFor()

    for (let n = 0; n < 6; n += 1) {
      const { id, endpointId } = await makeTenant(database, `Shop ${n}`)
      const happened = Math.floor(Date.now() / 1_000) - 60
      await pipeline.deliver({ id, endpoint: { id: endpointId } }, [paid(happened, { customer: 'cus_one' })])
      await raise(database, id, { detector: 'WEBHOOK_LAG', severity: 'HIGH', detectedAt: new Date() })
    }
    const operator = await newTab()
    await operator.page.goto(served.url)
    await operator.page.getByLabel('API key').fill(ADMIN_KEY)
    await operator.page.getByLabel('Your name').fill('Op')
    await operator.page.getByLabel('Your name').press('Enter')
    await operator.page.getByRole('heading', { name: 'Tenants' }).waitFor()
    await operator.page.getByText(/6 of \d+ accounts see this/).waitFor()
    await expectAccessible(operator.page, 'tenants')
    await operator.page.getByRole('button', { name: 'Open Shop 0' }).click()
    await operator.page.getByRole('article').getByText('Trouble').waitFor()
  })

  it('shows nothing of another tenant, and says that what is not there is not there', async () => {
    const other = await makeTenant(database)
    const foreign = await raise(database, other.id, { title: 'Not yours' })
    const tab = await opened([], `/a/${foreign}`)
    await tab.page.getByText('Anomaly not found').waitFor()
    await tab.page.goto(`${served.url}/?view=all`)
    await tab.page.getByText('No event has come yet').waitFor()
    await pipeline.deliver({ id: tab.tenant.id, endpoint: { id: tab.tenant.endpointId } }, [
      paid(Math.floor(Date.now() / 1_000), { customer: 'cus_first' }),
    ])
    await tab.page.getByText('No anomalies yet').waitFor()
  })

  it('writes hostile names as text, and none makes it wider than its window', async () => {
    const markup = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    const long = 'W'.repeat(10_000)
    const tab = await opened(
      [
        { title: markup, message: markup },
        { title: `\u202e${long}`, message: long },
      ],
      '/',
      markup,
    )
    const { page } = tab
    await rows(tab).getByText(markup).first().waitFor()
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 800 })
      for (const path of ['/', ...tab.ids.map((id) => `/a/${id}`)]) {
        await page.goto(`${served.url}${path}`)
        await page.getByRole('heading', { level: 1 }).first().waitFor()
        await (path === '/' ? rows(tab).nth(1) : page.getByRole('heading', { name: 'Activity' })).waitFor()
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${path} at ${width}`).toBe(width)
      }
    }
    expect(await page.locator('img, script:not([src])').count()).toBe(0)
  })

  it('is accessible on every screen, wide and narrow, the one light and the other dark', async () => {
    const series = Array.from({ length: 48 }, (_, hour) => ({
      at: 1_772_366_400 + hour * 3_600,
      observed: hour % 7,
    }))
    const tab = await opened([
      { title: 'Refunds', severity: 'CRITICAL', series, impact: { amount: 2_900, currency: 'EUR' } },
      { title: 'Disputes', severity: 'LOW', livemode: false },
      { title: 'Over', severity: 'HIGH', status: 'RESOLVED' },
    ])
    const { page } = tab
    await storeConnection(database, tab.tenant, 1)
    await page.goto(`${served.url}/health`)
    await page.getByText('The key lacks Disputes: Read.').waitFor()
    await page.getByText('Nothing is missing up to').waitFor()
    const places: [string, string][] = [
      ['/?view=all', 'Inbox'],
      [`/a/${tab.ids[0]}`, 'Refunds'],
      ['/explore', 'Explore'],
      ['/events', 'Events'],
      ['/detectors', 'Detectors'],
      ['/detectors/refund-spike', 'More refunds'],
      ['/health', 'Health'],
      ['/settings', 'Settings'],
      ['/settings/endpoints', 'Settings'],
      ['/settings/channels', 'Settings'],
      ['/settings/keys', 'Settings'],
      ['/settings/sessions', 'Settings'],
    ]
    // What all screens have in common is seen in all four ways.
    const ways = [
      [{ colorScheme: 'light', width: 1280 } as const, { colorScheme: 'dark', width: 390 } as const],
      [{ colorScheme: 'dark', width: 1280 } as const, { colorScheme: 'light', width: 390 } as const],
    ]
    for (const [index, [path, heading]] of places.entries()) {
      await page.goto(`${served.url}${path}`)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      await page.waitForLoadState('networkidle')
      for (const { colorScheme, width } of ways[index % 2] ?? []) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        await expectAccessible(page, `${path}, ${colorScheme}, ${width} wide`)
        await expectLegible(page, `${path}, ${width} wide`)
      }
    }
  })

  it('goes to the sign-in when its key is revoked elsewhere', async () => {
    const tab = await opened([{ title: 'First' }])
    await rows(tab).getByText('First').waitFor()
    await revoke(tab.tenant.key)
    await tab.page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(tab.page.url()).toContain('/sign-in?next=')
  })

  /** As an administrator does it in another program. */
  async function revoke(key: string): Promise<void> {
    const ask = async (query: string) => {
      const response = await fetch(`${served.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query }),
      })
      return JSON.stringify(await response.json())
    }
    const id = /key_\w+/.exec(await ask('{ viewer { apiKey { id } } }'))?.[0]
    await ask(`mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { id } } }`)
  }
})
