import { describe, expect, it, vi } from 'vitest'
import { hasBrowser, PATIENT } from '../support/browser.ts'
import { rows, testPage, titles } from '../support/page.ts'

describe.skipIf(!hasBrowser)('the inbox by keyboard, in a browser', { timeout: 4 * PATIENT }, async () => {
  if (!hasBrowser) return
  const { opened } = await testPage()

  it.each([
    [390, 700],
    [1_000, 500],
    [640, 400],
  ])('keeps the row that the keys act on in sight, in a window of %i by %i', async (width, height) => {
    const tab = await opened(Array.from({ length: 14 }, (_, n) => ({ title: `Number ${n}` })))
    const { page } = tab
    await page.setViewportSize({ width, height })
    await rows(tab).getByText('Number 13').waitFor()
    // Where the middle of the focused link is, the link is what one sees.
    const SEEN = `(() => {
      const link = document.activeElement
      if (!link?.matches('[data-row-link]')) return
      const { x, y, width, height } = link.getBoundingClientRect()
      return link.contains(document.elementFromPoint(x + width / 2, y + height / 2)) ? link.textContent : undefined
    })()`
    const sees = (title: string) =>
      vi.waitFor(async () => expect(await page.evaluate(SEEN)).toBe(title), PATIENT)
    const downwards = Array.from({ length: 14 }, (_, n) => 13 - n)
    for (const n of downwards) {
      await page.keyboard.press('j')
      await sees(`Number ${n}`)
    }
    for (const n of downwards.toReversed().slice(1)) {
      await page.keyboard.press('k')
      await sees(`Number ${n}`)
    }
  })

  it('leaves Enter to the control that has the focus', async () => {
    const tab = await opened([{ title: 'Open' }, { title: 'Closed', status: 'RESOLVED' }])
    const { page } = tab
    await rows(tab).getByText('Open').waitFor()
    await page.keyboard.press('j')
    await page.getByRole('button', { name: 'Done', exact: true }).press('Enter')
    await rows(tab).getByText('Closed').waitFor()
    expect(page.url()).toContain('view=done')
  })

  it('acts by keys on all that are selected, and has a way back from a selection', async () => {
    const tab = await opened(['One', 'Two', 'Three', 'Four'].map((title) => ({ title })))
    const { page } = tab
    const box = (title: string) => rows(tab).filter({ hasText: title }).getByRole('checkbox')
    await box('Four').click()
    await box('Two').click({ modifiers: ['Shift'] })
    await page.getByText('3 selected').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox', { name: 'Search' }).waitFor()
    await box('One').check()
    await page.keyboard.press('/')
    await vi.waitFor(
      async () => expect(await page.evaluate('document.activeElement.type')).toBe('search'),
      PATIENT,
    )
    await page.keyboard.press('Escape')

    for (const title of ['One', 'Three']) await box(title).check()
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('updateAnomalies') ? route.abort() : route.continue(),
    )
    await page.keyboard.press('e')
    await page.getByRole('status').filter({ hasText: /\S/ }).first().waitFor()
    await page.getByText('2 selected').waitFor()
    await page.unroute('**/graphql')
    await page.keyboard.press('e')
    await page.getByText('2 anomalies resolved.').first().waitFor()
    await vi.waitFor(
      async () => expect(await page.evaluate('document.activeElement.tagName')).toBe('A'),
      PATIENT,
    )
    await page.keyboard.press('z')
    await vi.waitFor(
      async () => expect(await rows(tab).getByText('Resolved by Ann').count()).toBe(0),
      PATIENT,
    )
  })

  it('is enough with a keyboard: open, acknowledge, resolve, take back', async () => {
    const tab = await opened([{ title: 'First' }, { title: 'Second' }])
    const { page } = tab
    await rows(tab).getByText('Second').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('a')
    await rows(tab).nth(1).getByText('Acknowledged by Ann').waitFor()
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await page.keyboard.press('z')
    await page.getByText('Undone').first().waitFor()
    await vi.waitFor(
      async () => expect(await rows(tab).nth(1).getByText('Acknowledged').count()).toBe(0),
      PATIENT,
    )

    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Second', level: 1 }).waitFor()
    await page.keyboard.press('e')
    await page.getByText('Resolved by Ann').first().waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await rows(tab).getByText('First').waitFor()
    await vi.waitFor(async () => expect(await titles(tab)).toEqual(['First']), PATIENT)

    await page.keyboard.press('j')
    await page.keyboard.press('f')
    await page.getByLabel('Why was it a false alarm?').fill('A planned sale')
    await page.getByRole('button', { name: 'Mark as false positive' }).press('Enter')
    await rows(tab).getByText('False positive, says Ann').waitFor()
  })

  it('takes keys in their order, however late the screen is drawn', async () => {
    const tab = await opened([{ title: 'First' }, { title: 'Second' }])
    const { page } = tab
    await rows(tab).getByText('Second').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await vi.waitFor(
      async () => expect(await page.locator(':focus').allTextContents()).toEqual(['First']),
      PATIENT,
    )
    await page.evaluate(() => {
      window.requestAnimationFrame = () => 0
    })
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Second', level: 1 }).waitFor()

    await page.keyboard.type('gi')
    await rows(tab).getByText('Second').waitFor()
    await page.keyboard.type('jx')
    await page.getByText('1 selected').waitFor()
    await page.keyboard.type('/aex')
    expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe('aex')
  })
})
