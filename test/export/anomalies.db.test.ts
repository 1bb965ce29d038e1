import { describe, expect, test } from 'vitest'
import { raise } from '../support/anomalies.ts'
import { ADMIN_KEY, keyOf, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

const download = (
  key: string | undefined,
  query = '',
  headers: Record<string, string> = {},
  method = 'GET',
) =>
  fetch(`${served.url}/export/anomalies.csv${query}`, {
    method,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
  })

const lines = async (response: Response) => (await response.text()).split('\r\n').slice(0, -1)

describe('GET /export/anomalies.csv', () => {
  test('gives every anomaly of the tenant, newest recorded first, over as many pages as it takes', async () => {
    const tenant = await makeTenant(database)
    await raise(database, (await makeTenant(database)).id, { title: 'not yours' })
    const ids: string[] = []
    for (let i = 0; i < 405; i++) ids.push(await raise(database, tenant.id, { title: `Number ${i}` }))
    const { key } = await keyOf(database, tenant, 'VIEWER')
    const response = await download(key)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/)
    const [header, ...rows] = await lines(response)
    expect(header).toMatch(/^id,detector,severity,status,origin,/)
    expect(rows.map((row) => row.split(',', 1)[0])).toEqual(ids.reverse())
    expect(rows.join()).not.toContain('not yours')
  }, 60_000)

  test('writes a row as it is, with nothing that a spreadsheet would run', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id, {
      title: '=cmd|"/c calc"!A1',
      message: 'Two, lines\nof it',
      note: '@SUM(1)',
      impact: { amount: -2_900, currency: 'usd' },
      severity: 'CRITICAL',
    })
    const [header, row] = (await (await download(tenant.key)).text()).split('\r\n')
    expect(header).toBe(
      'id,detector,severity,status,origin,livemode,account,confidence,title,message,advice,startedAt,detectedAt,lastSeenAt,endedAt,createdAt,updatedAt,occurrences,customerId,impactAmount,impactDecimal,impactCurrency,falsePositiveReason,note',
    )
    expect(row).toBe(
      [
        `${id},CHARGE_FAILURE_SPIKE,CRITICAL,OPEN,LIVE,true,,0.999`,
        `"'=cmd|""/c calc""!A1","Two, lines\nof it",Look.`,
        '2026-03-01T12:00:00.000Z,2026-03-01T12:00:00.000Z,2026-03-01T12:00:00.000Z,',
        "2026-03-01T12:00:00.000Z,2026-03-01T12:00:00.000Z,1,,-2900,-29.00,USD,,'@SUM(1)",
      ].join(','),
    )
  })

  test.each([
    ['severities=HIGH,CRITICAL'],
    ['severities=CRITICAL&severities=HIGH'],
    ['detectors=REFUND_SPIKE'],
    ['statuses=RESOLVED&origins=HISTORY&livemode=false'],
    ['detected.from=2026-03-02T00:00:00Z&detected.to=2026-03-03T00:00:00Z'],
    ['customerId=cus_1&account=acct_1'],
    ['search=ch_1'],
    ['search=peculiar'],
  ])('is narrowed by %s', async (query) => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const id = await raise(database, tenant.id, {
      severity: 'CRITICAL',
      detector: 'REFUND_SPIKE',
      status: 'RESOLVED',
      origin: 'HISTORY',
      livemode: false,
      detectedAt: new Date('2026-03-02T12:00:00Z'),
      customerId: 'cus_1',
      account: 'acct_1',
      subjects: [{ type: 'charge', id: 'ch_1' }],
      title: 'Most peculiar',
    })
    const [, ...rows] = await lines(await download(tenant.key, `?${query}`))
    expect(rows.map((row) => row.split(',', 1)[0])).toEqual([id])
  })

  test.each([
    ['severities=HIGH,HUGE', /^severities must be one of LOW, MEDIUM, HIGH, CRITICAL$/],
    ['severity=HIGH', /"severity"/],
    ['livemode=maybe', /^livemode must be one of true, false$/],
    [
      'detected.from=yesterday',
      /^detected\.from must be a time like 2026-01-31T09:30:00Z, or a date like 2026-01-31$/,
    ],
    ['detected.to=2026-02-31T00:00:00Z', /^detected\.to must be a time/],
    ['search=%00', /^search must not contain NUL$/],
  ])('refuses %s instead of dropping it, and names it', async (query, message) => {
    const tenant = await makeTenant(database)
    const response = await download(tenant.key, `?${query}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'BAD_USER_INPUT', message: expect.stringMatching(message) },
    })
  })

  test('takes the credentials that GraphQL takes, and no others', async () => {
    const [tenant, other] = [await makeTenant(database), await makeTenant(database)]
    expect((await download(undefined)).status).toBe(401)
    expect((await download(undefined, '', { 'x-tenant-id': tenant.id })).status).toBe(401)
    expect((await download(tenant.key, '', { 'x-tenant-id': other.id })).status).toBe(403)
    expect((await download(ADMIN_KEY)).status).toBe(403)
    expect((await download(ADMIN_KEY, '', { 'x-tenant-id': tenant.id })).status).toBe(200)
    expect((await download(tenant.key, '', {}, 'POST')).status).toBe(405)
  })
})
