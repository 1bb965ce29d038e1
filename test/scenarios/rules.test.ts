import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../src/time.ts'
import { Merchant } from '../support/merchant.ts'
import { replaying } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { seeded } from '../support/times.ts'
import * as incidents from './incidents.ts'

const replay = replaying()
const shop = () => new Merchant('2025-09-30.clover')

describe('the rules for all detectors', () => {
  it('judge test events until a live one has come, and not any more after it', async () => {
    const test = incidents.chargedTwice
      .events(shop(), START, 0)
      .map((event) => ({ ...event, livemode: false }))
    expect(await replay(test)).toMatchObject([{ detector: 'DUPLICATE_CHARGE', livemode: false }])
    expect(await replay([shop().paid(START - HOUR), ...test])).toEqual([])
  })

  it('expect nothing of test mode any more once a live event has come', async () => {
    const at = shop()
    const subscribed = at.subscribed(START, { id: 'sub_1', start: START, end: START + 30 * DAY })
    const live = Array.from({ length: 40 }, (_, day) => at.paid(START + HOUR + day * DAY))
    const test = [subscribed, ...live].map((event) => ({ ...event, livemode: false }))
    expect(await replay(test)).toMatchObject([{ detector: 'SILENT_LAPSE', livemode: false }])
    expect(await replay([{ ...subscribed, livemode: false }, ...live])).toEqual([])
  })

  it('keep two accounts of one endpoint apart', async () => {
    const [first, second] = incidents.chargedTwice.events(shop(), START, 0)
    const of = (account: string, event: Json | undefined) => ({ ...event, account })
    expect(await replay([of('acct_1', first), of('acct_2', second)])).toEqual([])
    expect(await replay([of('acct_1', first), of('acct_1', second)])).toMatchObject([{ account: 'acct_1' }])
  })

  it('take what is dated in the future for what came just now, so that it hides nothing', async () => {
    const at = shop()
    const failing = Array.from({ length: 30 }, (_, n) => at.declined(START + n * MINUTE))
    const ahead = { ...at.paid(START + DAY), received: START - MINUTE }
    const raised = await replay([ahead, ...failing])
    expect(raised).toMatchObject([{ detector: 'CHARGE_FAILURE_SPIKE' }])
    const now = { ...at.paid(START - MINUTE), received: START - MINUTE }
    const [plain] = await replay([now, ...failing])
    expect(raised).toMatchObject([{ startedAt: plain?.['startedAt'], message: plain?.['message'] }])
  })

  const told = Object.values(incidents).map((incident) => [incident.detector, incident] as const)
  it.each(told)(
    'find the same incident of %s in whichever order a quarter of an hour brings it',
    async (_, incident) => {
      const random = seeded(7)
      const shuffled = incident
        .events(shop(), START, 5)
        .map((event) => ({ ...event, received: START + 5 * MINUTE + Math.floor(random() * 9 * MINUTE) }))
      // What comes up to fourteen minutes late may be called late.
      const beside = ['WEBHOOK_LAG', ...(incident.beside ?? [])]
      const others = (await replay(shuffled)).filter(({ detector }) => !beside.includes(String(detector)))
      const { customerId } = incident.says(START)
      expect(others).toMatchObject([{ detector: incident.detector, customerId }])
    },
  )
})
