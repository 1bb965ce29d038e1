import { beforeAll, describe, expect, it } from 'vitest'
import type { ChannelInput } from '../../src/alerts/channel-input.ts'
import { recoverChannel } from '../../src/alerts/redeliver.ts'
import type { Database } from '../../src/storage/database.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { acting } from '../tenancy/office.ts'

const ANA = 'ana@example.com'
const BEN = 'ben@example.com'

describe('an address of a channel', () => {
  let database: Database
  let mails: MailServer
  let alerts: ReturnType<typeof alertsOn>
  beforeAll(async () => {
    database = await testDatabase()
    mails = await startMailServer()
    alerts = alertsOn(database, { SMTP_URL: mails.url, ALERT_FROM: 'alerts@example.com' })
    return async () => {
      for (const channel of alerts.means.channels.values()) await channel.close?.()
      await mails.close()
    }
  })

  /** A tenant with one channel, to two addresses that their owners verified. */
  async function setUp(over: ChannelInput = {}) {
    const tenant = await tenantOn(alerts)
    const { db } = tenant.scope
    const target = { email: { addresses: [ANA, BEN] } }
    const { channel } = await alerts.createChannel(tenant.scope, { name: 'mail', target, ...over })
    await db.alertAddress.updateMany({ data: { state: 'VERIFIED' } })
    await db.alertChannel.updateMany({ data: { state: 'ACTIVE' } })
    mails.refuse = () => undefined
    const refusals = async () =>
      (await db.alertAddress.findMany({ orderBy: { address: 'asc' } })).map((one) => one.refusals)
    return { ...tenant, channel, refusals }
  }

  it('that one attempt left out keeps its count of refusals', async () => {
    const { raised, wait, refusals } = await setUp()
    mails.refuse = (address) => ({ responseCode: address === ANA ? 550 : 451, message: 'no' })
    await raised({ severity: 'CRITICAL' })
    await wait(0)
    expect(await refusals()).toEqual([1, 0])
    // Only the second address is asked again.
    await wait(10)
    expect(await refusals()).toEqual([1, 0])
  })

  it('that has a digest does not get it again when the channel is recovered for the others', async () => {
    const { raised, wait, scope, channel } = await setUp({ schedule: { mode: 'HOURLY' } })
    mails.refuse = (address) => (address === BEN ? { responseCode: 451, message: 'later' } : undefined)
    mails.mails.length = 0
    await raised()
    await raised()
    await wait(3_600)
    // Refused for as long as it is tried.
    for (let day = 0; day < 6; day += 1) await wait(86_400)
    expect((await deliveriesOf(scope)).map(({ state }) => state)).toContain('FAILED')
    mails.refuse = () => undefined
    await recoverChannel(scope, acting, channel.id, undefined)
    await wait(10)
    const got = mails.mails.flatMap(({ to }) => (Array.isArray(to) ? to : [to]).map((one) => one?.text))
    expect(got).toEqual([ANA, BEN])
    expect((await deliveriesOf(scope)).every(({ state }) => state === 'DELIVERED')).toBe(true)
  })

  it('that takes a mail was never refused', async () => {
    const { raised, wait, refusals } = await setUp()
    mails.refuse = (address) => (address === ANA ? { responseCode: 550, message: 'no' } : undefined)
    await raised({ severity: 'CRITICAL' })
    await wait(0)
    expect(await refusals()).toEqual([1, 0])
    mails.refuse = () => undefined
    await raised({ severity: 'CRITICAL' })
    await wait(0)
    expect(await refusals()).toEqual([0, 0])
  })

  it('refused later than another makes the alert FAILED: nobody got it', async () => {
    const { raised, wait, refusals, scope } = await setUp()
    mails.refuse = (address) => ({ responseCode: address === ANA ? 550 : 451, message: 'no' })
    await raised({ severity: 'CRITICAL' })
    await wait(0)
    mails.refuse = () => ({ responseCode: 550, message: 'no' })
    await wait(10)
    expect((await deliveriesOf(scope)).map(({ state, why }) => [state, why])).toEqual([
      ['FAILED', 'the mail server answered 550'],
    ])
    expect(await refusals()).toEqual([1, 1])
  })
})
