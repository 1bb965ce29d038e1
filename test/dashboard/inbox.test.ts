import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { SETTLED } from '../../src/dashboard/screens/inbox/live-list.ts'
import { raise } from '../support/anomalies.ts'
import { hasBrowser, PATIENT, signIn } from '../support/browser.ts'
import { makeTenant, serveGraphql } from '../support/graphql.ts'
import { rows, testPage, titles } from '../support/page.ts'

describe.skipIf(!hasBrowser)('the inbox, in a browser', { timeout: 4 * PATIENT }, async () => {
  if (!hasBrowser) return
  const { database, served, tab: newTab, opened } = await testPage()

  it('shows what is raised without being asked, and lets no row move under a pointer that rests on it', async () => {
    const tab = await opened([{ title: 'First' }])
    await rows(tab).getByText('First').waitFor()
    await tab.happen({ title: 'Second' })
    await rows(tab).getByText('Second').waitFor()
    expect(await titles(tab)).toEqual(['Second', 'First'])

    await rows(tab).first().getByText('Second').hover()
    const before = await rows(tab).first().boundingBox()
    await tab.happen({ title: 'Third' })
    await tab.page.getByRole('button', { name: '1 new' }).waitFor()
    expect(await rows(tab).first().boundingBox()).toEqual(before)
    await tab.page.keyboard.press('.')
    await rows(tab).getByText('Third').waitFor()
    expect(await titles(tab)).toEqual(['Third', 'Second', 'First'])
  })

  it('lets rows wait for as long as a pointer rests on one, wherever focus goes', async () => {
    const tab = await opened([{ title: 'First' }])
    const { page } = tab
    await rows(tab).first().hover()
    await page.keyboard.press('j')
    await page.keyboard.press('/')
    const began = performance.now()
    let raised = 0
    while (raised < 3 || performance.now() - began < 2 * SETTLED) {
      raised += 1
      await tab.happen({ title: `Raised ${raised}` })
      await page.getByRole('button', { name: `${raised} new` }).waitFor()
    }
    expect(await titles(tab)).toEqual(['First'])
  })

  it.each([1_280, 768, 390])(
    'moves and covers no row, %i pixels wide, whatever comes above it',
    async (width) => {
      const first = await serveGraphql(database)
      const tenant = await makeTenant(database)
      for (const title of ['First', 'Second']) await raise(database, tenant.id, { title })
      const { page } = await newTab({ viewport: { width, height: 700 } }, first.url)
      await signIn(page, first.url, tenant.key)
      const row = page.getByRole('article').first()
      await row.hover()
      const before = await row.boundingBox()
      const order = await page.getByLabel('Order').boundingBox()
      expect((order?.x ?? 0) + (order?.width ?? 0)).toBeLessThan((before?.x ?? 0) + (before?.width ?? 0))
      const stays = async () => {
        expect(await row.boundingBox()).toEqual(before)
        // Playwright refuses to point at what is covered.
        await row.hover()
      }

      for (const [currency, severity] of [
        ['eur', 'CRITICAL'],
        ['usd', 'HIGH'],
        ['gbp', 'LOW'],
        ['sek', 'MEDIUM'],
      ] as const)
        await raise(database, tenant.id, { severity, impact: { amount: 123_456_789, currency } })
      first.bus.publish(`feed:${tenant.id}`)
      await page.getByRole('button', { name: '4 new' }).waitFor()
      await stays()
      await page.getByText('£1,234,567.89', { exact: false }).waitFor()
      await stays()
      await row.getByRole('checkbox').click()
      await page.getByText('1 selected').waitFor()
      await stays()
      await first.stop()
      await page.getByText('You are offline').waitFor()
      await stays()
    },
  )

  it('shows what it knows while the server is away, and what happened meanwhile afterwards', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id, { title: 'Before', severity: 'CRITICAL' })
    const first = await serveGraphql(database)
    const { page, faults } = await newTab({}, first.url)
    await page.route(/\/explore-screen-.*\.js$/, (route) => route.abort())
    await signIn(page, first.url, tenant.key)
    await page.getByRole('article').getByText('Before').click()
    await page.getByRole('heading', { name: 'Before', level: 1 }).waitFor()
    await first.stop()
    await page.getByText('You are offline').waitFor()
    await page.goBack()
    await page.getByRole('article').getByText('Before').waitFor()
    expect(await page.getByText('Open', { exact: true }).locator('..').textContent()).toContain('1')
    await page.getByRole('link', { name: 'Explore' }).click()
    await page.getByText('Could not load this page').waitFor()
    await page.getByRole('link', { name: 'Inbox' }).click()
    await page.getByRole('article').getByText('Before').waitFor()

    await raise(database, tenant.id, { title: 'Meanwhile' })
    const again = await serveGraphql(database, { environment: { PORT: new URL(first.url).port } })
    onTestFinished(() => again.stop())
    await page.getByRole('article').getByText('Meanwhile').waitFor()
    expect(faults.filter((fault) => !fault.includes('dynamically imported'))).toEqual([])
  })

  it('shows in one window what is done in another, and does not take back what a colleague has built on', async () => {
    const tab = await opened([{ title: 'Shared' }])
    const { page } = tab
    const other = await tab.context.newPage()
    await other.goto(`${served.url}/a/${tab.ids[0]}`)
    await other.getByRole('heading', { name: 'Shared', level: 1 }).waitFor()
    await rows(tab).getByText('Shared').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('a')
    await other.getByText('Acknowledged by Ann').first().waitFor()
    await other.getByRole('button', { name: 'Resolve' }).click()
    await rows(tab).getByText('Resolved by Ann').waitFor()
    await page.keyboard.press('z')
    await page.getByText('has acted on it since, so this cannot be undone').first().waitFor()
    await rows(tab).getByText('Resolved by Ann').waitFor()
  })

  it('snoozes, and acts on many at once', async () => {
    const tab = await opened([{ title: 'One' }, { title: 'Two' }, { title: 'Three' }])
    const { page } = tab
    await rows(tab).getByText('Three').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('s')
    await page.getByRole('button', { name: 'Until tomorrow' }).click()
    await rows(tab).first().getByText('Snoozed until').waitFor()
    await page.getByRole('button', { name: 'Snoozed', exact: true }).click()
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['Three']), PATIENT)
    await page.getByRole('button', { name: 'Needs you' }).click()
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['Two', 'One']), PATIENT)
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByRole('toolbar').getByRole('button', { name: 'Resolve' }).click()
    await vi.waitFor(
      async () => expect(await rows(tab).getByText('Resolved by Ann').count()).toBe(2),
      PATIENT,
    )
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undone').first().waitFor()
    await vi.waitFor(async () => expect(await rows(tab).getByText('Resolved by').count()).toBe(0), PATIENT)
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByRole('toolbar').getByRole('button', { name: 'Snooze' }).click()
    await page.getByRole('button', { name: 'Until it grows' }).click()
    await page.getByText('2 anomalies snoozed').first().waitFor()
    await page.getByRole('button', { name: 'Snoozed', exact: true }).click()
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['Three', 'Two', 'One']), PATIENT)
  })

  it('misses nothing and doubles nothing while the server is away', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id, { title: 'Before' })
    const first = await serveGraphql(database)
    const { page } = await newTab({}, first.url)
    await signIn(page, first.url, tenant.key)
    await page.getByRole('article').getByText('Before').waitFor()
    await first.stop()
    await raise(database, tenant.id, { title: 'Meanwhile' })
    const acknowledge = page.getByRole('article').getByRole('button', { name: 'Acknowledge' })
    await page.getByText('offline', { exact: false }).first().waitFor()
    expect(await acknowledge.count()).toBe(0)
    const again = await serveGraphql(database, { environment: { PORT: new URL(first.url).port } })
    onTestFinished(() => again.stop())
    await page.getByRole('article').getByText('Meanwhile').waitFor()
    await raise(database, tenant.id, { title: 'After' })
    again.bus.publish(`feed:${tenant.id}`)
    await page.getByRole('article').getByText('After').waitFor()
    expect(await page.getByRole('article').getByRole('link').allTextContents()).toEqual([
      'After',
      'Meanwhile',
      'Before',
    ])
  })

  it('keeps in the address what it shows, and finds what is looked for', async () => {
    const tab = await opened([
      { title: 'Refunds', severity: 'HIGH' },
      { title: 'Disputes', severity: 'LOW' },
    ])
    const { page } = tab
    await rows(tab).getByText('Refunds').waitFor()
    await page.getByLabel('Severity').selectOption('High')
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['Refunds']), PATIENT)
    expect(new URL(page.url()).search).toBe('?severity=HIGH')
    await page.getByLabel('Severity').selectOption('Any severity')
    await page.getByLabel('Search').fill('disp')
    await vi.waitFor(async () => expect(new URL(page.url()).search).toBe('?search=disp'), PATIENT)
    await page.getByLabel('Search').fill('disputes')
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['Disputes']), PATIENT)
  })

  it('goes on loading while the wheel is turned without a pause', async () => {
    const seeds = Array.from({ length: 120 }, (_, n) => ({ title: `Number ${n + 1}` }))
    const tab = await opened(seeds)
    await rows(tab).getByText('Number 120').hover()
    await vi.waitFor(async () => {
      for (let turn = 0; turn < 20; turn += 1) await tab.page.mouse.wheel(0, 700)
      expect(await titles(tab)).toContain('Number 1')
    }, PATIENT)
  })
})
