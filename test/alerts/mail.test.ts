import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { App } from '../../src/app.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { makeTenant, query, startServer, type TestTenant } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

const CREATE = `mutation($input: CreateAlertChannelInput!) { createAlertChannel(input: $input) { alertChannel { id state addresses { address state } } } }`
const created = z.object({
  data: z.object({ createAlertChannel: z.object({ alertChannel: z.looseObject({ id: z.string() }) }) }),
})

describe('an EMAIL channel', () => {
  let app: App
  let mails: MailServer
  let databaseUrl: string
  beforeAll(async () => {
    databaseUrl = await emptyDatabase()
    mails = await startMailServer()
    app = await startServer(databaseUrl, {
      SMTP_URL: mails.url,
      ALERT_FROM: 'BillingWatch <alerts@example.com>',
    })
    return () => mails.close()
  })

  const to = (address: string) =>
    mails.mails.filter((mail) => [mail.to].flat().some((one) => one?.text.includes(address)))

  const setUp = async (...addresses: string[]) => create(await makeTenant(app, databaseUrl), ...addresses)

  async function create(tenant: TestTenant, ...addresses: string[]) {
    const answer = await query(app.url, tenant.key, CREATE, {
      input: { name: 'mail', target: { email: { addresses } } },
    })
    return { tenant, channel: created.parse(answer).data.createAlertChannel.alertChannel }
  }

  const stateOf = async (tenant: TestTenant) =>
    query(app.url, tenant.key, '{ alertChannels { state addresses { address state } } }')

  it('sends nothing until an address agrees with the code of its mail', async () => {
    const { tenant, channel } = await setUp('ana@example.com')
    expect(channel).toMatchObject({ state: 'UNVERIFIED', addresses: [{ state: 'UNVERIFIED' }] })
    const code = /^code (\d{6})$/m.exec(to('ana@example.com')[0]?.text ?? '')?.[1]
    expect(code).toBeDefined()
    const id = await raise(app.database, tenant.id, { severity: 'CRITICAL' })
    const ALERTS = 'query($id: ID!) { anomaly(id: $id) { alerts { state why } } }'
    await vi.waitFor(
      async () =>
        expect(await query(app.url, tenant.key, ALERTS, { id })).toMatchObject({
          data: { anomaly: { alerts: [{ state: 'MUTED', why: 'no address of the channel is verified' }] } },
        }),
      { timeout: 45_000 },
    )
    const VERIFY = `mutation($input: VerifyAlertAddressInput!) { verifyAlertAddress(input: $input) { alertChannel { state } } }`
    const verify = (given: string) =>
      query(app.url, tenant.key, VERIFY, {
        input: { id: channel.id, address: 'ana@example.com', code: given },
      })
    const wrong = code === '000000' ? '000001' : '000000'
    expect(await verify(wrong)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(await verify(code ?? '')).toMatchObject({
      data: { verifyAlertAddress: { alertChannel: { state: 'ACTIVE' } } },
    })
    await raise(app.database, tenant.id, { severity: 'CRITICAL', title: 'Charged twice' })
    await vi.waitFor(() => expect(to('ana@example.com').length).toBe(2), { timeout: 45_000 })
    expect(to('ana@example.com')[1]?.subject).toContain('Charged twice')
  })

  it('takes five codes and no more', async () => {
    const { tenant, channel } = await setUp('guess@example.com')
    const code = /^code (\d{6})$/m.exec(to('guess@example.com')[0]?.text ?? '')?.[1] ?? ''
    const wrong = code === '000000' ? '000001' : '000000'
    const VERIFY = `mutation($input: VerifyAlertAddressInput!) { verifyAlertAddress(input: $input) { alertChannel { state } } }`
    const verify = (given: string) =>
      query(app.url, tenant.key, VERIFY, {
        input: { id: channel.id, address: 'guess@example.com', code: given },
      })
    for (let i = 0; i < 5; i += 1) await verify(wrong)
    expect(await verify(code)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  it('verifies and unsubscribes by links whose GET changes nothing', async () => {
    const { tenant } = await setUp('eve@example.com')
    const link =
      /https?:\/\/\S+\/alerts\/verify\/[\w.-]+/.exec(to('eve@example.com')[0]?.text ?? '')?.[0] ?? ''
    const page = await fetch(link)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<button>')
    expect(await stateOf(tenant)).toMatchObject({ data: { alertChannels: [{ state: 'UNVERIFIED' }] } })
    expect((await fetch(link, { method: 'POST' })).status).toBe(200)
    expect(await stateOf(tenant)).toMatchObject({
      data: { alertChannels: [{ state: 'ACTIVE', addresses: [{ state: 'VERIFIED' }] }] },
    })
    await raise(app.database, tenant.id, { severity: 'CRITICAL' })
    await vi.waitFor(() => expect(to('eve@example.com').length).toBe(2), { timeout: 45_000 })
    const leave =
      /https?:\/\/\S+\/alerts\/unsubscribe\/[\w.-]+/.exec(to('eve@example.com')[1]?.text ?? '')?.[0] ?? ''
    await fetch(leave)
    expect(await stateOf(tenant)).toMatchObject({ data: { alertChannels: [{ state: 'ACTIVE' }] } })
    expect((await fetch(leave, { method: 'POST', body: 'List-Unsubscribe=One-Click' })).status).toBe(200)
    expect(await stateOf(tenant)).toMatchObject({
      data: { alertChannels: [{ state: 'UNVERIFIED', addresses: [{ state: 'UNSUBSCRIBED' }] }] },
    })
    const forged = `${leave.slice(0, -3)}abc`
    expect((await fetch(forged, { method: 'POST' })).status).toBe(404)
    expect((await fetch(leave.replace('unsubscribe', 'verify'), { method: 'POST' })).status).toBe(404)
  })

  it('asks an address three times a day at most, whichever tenants want it and however they write it', async () => {
    const written = ['busy@example.com', 'Busy@example.com', 'busy@EXAMPLE.com', 'busy@example.com']
    for (const address of written) await setUp(address)
    expect([...new Set(written)].flatMap(to)).toHaveLength(3)
  })

  it('asks an address no more often when its channel is deleted and made anew', async () => {
    const tenant = await makeTenant(app, databaseUrl)
    const DELETE = 'mutation($id: ID!) { deleteAlertChannel(input: { id: $id }) { deletedAlertChannelId } }'
    for (let i = 0; i < 4; i += 1) {
      const { channel } = await create(tenant, 'stranger@example.com')
      expect(await query(app.url, tenant.key, DELETE, { id: channel.id })).not.toHaveProperty('errors')
    }
    expect(to('stranger@example.com')).toHaveLength(3)
  })

  it('takes a mail once: neither its code nor its link verifies an address that left since', async () => {
    const address = 'once@example.com'
    const { tenant, channel } = await setUp(address)
    const text = to(address)[0]?.text ?? ''
    const code = /^code (\d{6})$/m.exec(text)?.[1] ?? ''
    const link = /https?:\/\/\S+\/alerts\/verify\/[\w.-]+/.exec(text)?.[0] ?? ''
    const post = async () => (await fetch(link, { method: 'POST' })).status
    const VERIFY = `mutation($input: VerifyAlertAddressInput!) { verifyAlertAddress(input: $input) { alertChannel { state } } }`
    const verify = () => query(app.url, tenant.key, VERIFY, { input: { id: channel.id, address, code } })
    const active = { data: { verifyAlertAddress: { alertChannel: { state: 'ACTIVE' } } } }
    expect(await verify()).toEqual(active)
    // Who has it verified already is not told that it went wrong.
    expect(await verify()).toEqual(active)
    expect(await post()).toBe(200)
    const { db } = scopeTo(app.database, tenant.id)
    await db.alertAddress.updateMany({ data: { state: 'UNSUBSCRIBED' } })
    expect(await verify()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(await post()).toBe(410)
    expect(await stateOf(tenant)).toMatchObject({
      data: { alertChannels: [{ addresses: [{ state: 'UNSUBSCRIBED' }] }] },
    })
  })

  it('links each anomaly to a page', async () => {
    const page = await fetch(`${app.url}/a/anm_123`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })

  it('is refused where no mail can be sent', async () => {
    const other = await emptyDatabase()
    const bare = await startServer(other)
    const tenant = await makeTenant(bare, other)
    const answer = await query(bare.url, tenant.key, CREATE, {
      input: { name: 'mail', target: { email: { addresses: ['a@example.com'] } } },
    })
    expect(answer).toMatchObject({
      errors: [{ message: expect.stringContaining('SMTP_URL'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })
})
