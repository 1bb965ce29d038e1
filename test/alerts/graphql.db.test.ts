import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { App } from '../../src/app.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { makeTenant, query, startServer, type TestTenant } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import type { Json } from '../support/stripe/basics.ts'

const CREATE = `mutation($input: CreateAlertChannelInput!) {
  createAlertChannel(input: $input) { secret alertChannel { id name kind state target addresses { address } routing { minSeverity reasons detectors minImpact { amount currency } } schedule { mode weeklySummary } } }
}`

const created = z.object({
  data: z.object({
    createAlertChannel: z.object({
      secret: z.string().nullable(),
      alertChannel: z.looseObject({ id: z.string() }),
    }),
  }),
})

const refused = z.object({
  errors: z.array(
    z.object({
      message: z.string(),
      extensions: z.object({
        code: z.string(),
        issues: z.array(z.object({ path: z.array(z.unknown()), message: z.string() })).optional(),
      }),
    }),
  ),
})

describe('alerts over GraphQL', () => {
  let app: App
  let url: string
  let databaseUrl: string
  beforeAll(async () => {
    databaseUrl = await emptyDatabase()
    app = await startServer(databaseUrl, { ALERT_ALLOWED_HOSTS: '127.0.0.1' })
    url = app.url
  })

  const ask = (tenant: TestTenant, text: string, variables: Json = {}) =>
    query(url, tenant.key, text, variables)

  async function setUp(input: Json = {}) {
    const tenant = await makeTenant(app, databaseUrl)
    const receiver = await receiverOfTest()
    const answer = await ask(tenant, CREATE, {
      input: { name: 'ops', target: { webhook: { url: `${receiver.url}/hook?token=hidden` } }, ...input },
    })
    const { secret, alertChannel } = created.parse(answer).data.createAlertChannel
    return { tenant, receiver, secret, alertChannel }
  }

  it('makes a WEBHOOK, shows its secret once and its address never', async () => {
    const { tenant, secret, alertChannel, receiver } = await setUp()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(alertChannel).toMatchObject({
      id: expect.stringMatching(/^chn_/),
      name: 'ops',
      kind: 'WEBHOOK',
      state: 'ACTIVE',
      target: new URL(receiver.url).host,
      addresses: [],
      routing: {
        minSeverity: 'HIGH',
        reasons: ['RAISED', 'ESCALATED', 'ENDED'],
        detectors: null,
        minImpact: [],
      },
      schedule: { mode: 'NOW', weeklySummary: false },
    })
    const everything = await ask(
      tenant,
      `{ alertChannels { id name target stateReason routing { account testMode } schedule { at weekdays quietFrom quietTo } deliveries { nodes { id } } } activity { nodes { kind data } } node(id: "${alertChannel.id}") { __typename id } }`,
    )
    const text = JSON.stringify(everything)
    expect(text).toContain('ALERT_CHANNEL_CREATED')
    expect(text).toContain('"__typename":"AlertChannel"')
    expect(text).not.toContain('hidden')
    expect(text).not.toContain(secret)
    expect(text).not.toContain('errors')
    const [row] = await app.database.prisma.alertChannel.findMany({ where: { id: alertChannel.id } })
    expect(JSON.stringify({ ...row, cursor: 0 })).not.toContain('hidden')
  })

  it('delivers what is raised within seconds, and says so at the anomaly', async () => {
    const { tenant, receiver, alertChannel } = await setUp()
    const id = await raise(app.database, tenant.id, { severity: 'CRITICAL' })
    await vi.waitFor(() => expect(receiver.requests.length).toBe(1), { timeout: 45_000 })
    expect(receiver.requests[0]?.path).toBe('/hook?token=hidden')
    const text = `query($id: ID!) { anomaly(id: $id) { alerts { id reason state why deliveredAt channel { id } anomaly { id } attempts { status error answer milliseconds } } } }`
    await vi.waitFor(
      async () =>
        expect(await ask(tenant, text, { id })).toMatchObject({
          data: {
            anomaly: {
              alerts: [
                {
                  id: receiver.requests[0]?.headers['webhook-id'],
                  reason: 'RAISED',
                  state: 'DELIVERED',
                  why: null,
                  channel: { id: alertChannel.id },
                  anomaly: { id },
                  attempts: [{ status: 200, error: null, answer: 'ok' }],
                },
              ],
            },
          },
        }),
      { timeout: 45_000 },
    )
    const body: unknown = JSON.parse(receiver.requests[0]?.body ?? '')
    expect(body).toMatchObject({ data: { url: `${url}/a/${id}` } })
  })

  it('says of a channel where nothing arrives since when that is so', async () => {
    const { tenant, receiver, alertChannel } = await setUp()
    receiver.answer = (_request, response) => response.writeHead(500).end()
    await raise(app.database, tenant.id, { severity: 'CRITICAL' })
    const text = `{ node(id: "${alertChannel.id}") { ... on AlertChannel { state stateReason } } }`
    await vi.waitFor(
      async () =>
        expect(await ask(tenant, text)).toMatchObject({
          data: {
            node: {
              state: 'ACTIVE',
              stateReason: expect.stringMatching(/^every attempt has failed since 20\d\d-/),
            },
          },
        }),
      { timeout: 45_000 },
    )
  })

  it('really sends a test, and answers what came of it', async () => {
    const { tenant, receiver, alertChannel } = await setUp()
    const TEST = `mutation($id: ID!) { testAlertChannel(input: { id: $id }) { alertDelivery { reason state why attempts { status } } } }`
    expect(await ask(tenant, TEST, { id: alertChannel.id })).toMatchObject({
      data: {
        testAlertChannel: {
          alertDelivery: { reason: 'TEST', state: 'DELIVERED', attempts: [{ status: 200 }] },
        },
      },
    })
    receiver.answer = (_request, response) => response.writeHead(500).end()
    expect(await ask(tenant, TEST, { id: alertChannel.id })).toMatchObject({
      data: { testAlertChannel: { alertDelivery: { state: 'FAILED', why: 'answered 500' } } },
    })
    expect(
      receiver.requests.map(({ body }) => z.object({ type: z.string() }).parse(JSON.parse(body)).type),
    ).toEqual(['test', 'test'])
  })

  it.each([
    ['of plain http', { webhook: { url: 'http://example.com/' } }, ['target', 'webhook', 'url'], 'https'],
    [
      'inside the network',
      { webhook: { url: 'https://10.1.2.3/' } },
      ['target', 'webhook', 'url'],
      'internet',
    ],
    [
      'with credentials',
      { webhook: { url: 'https://a:b@example.com/' } },
      ['target', 'webhook', 'url'],
      'password',
    ],
    ['that is none', { webhook: { url: 'nothing' } }, ['target', 'webhook', 'url'], 'URL'],
  ] as const)('refuses an address %s by its field', async (_what, target, path, reason) => {
    const tenant = await makeTenant(app, databaseUrl)
    const { errors } = refused.parse(await ask(tenant, CREATE, { input: { name: 'x', target } }))
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(errors[0]?.extensions.issues).toMatchObject([{ path, message: expect.stringContaining(reason) }])
  })

  it('refuses a name that is taken, and the 21st channel', async () => {
    const { tenant, receiver } = await setUp()
    const one = (name: string) =>
      ask(tenant, CREATE, { input: { name, target: { webhook: { url: receiver.url } } } })
    expect(refused.parse(await one('ops')).errors[0]?.extensions.code).toBe('CONFLICT')
    for (let n = 2; n <= 20; n += 1) created.parse(await one(`ops ${n}`))
    const { errors } = refused.parse(await one('one more'))
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('20'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  it('changes, pauses and deletes a channel', async () => {
    const { tenant, alertChannel } = await setUp()
    const UPDATE = `mutation($input: UpdateAlertChannelInput!) { updateAlertChannel(input: $input) { alertChannel { name state routing { minSeverity reasons minImpact { formatted } } schedule { mode at quietFrom quietTo } } } }`
    const update = (input: Json) => ask(tenant, UPDATE, { input: { id: alertChannel.id, ...input } })
    expect(
      await update({
        name: 'night shift',
        paused: true,
        routing: { minSeverity: 'LOW', minImpact: [{ amount: 5_000, currency: 'EUR' }] },
        schedule: { quietFrom: '22:00', quietTo: '07:00' },
      }),
    ).toMatchObject({
      data: {
        updateAlertChannel: {
          alertChannel: {
            name: 'night shift',
            state: 'PAUSED',
            routing: {
              minSeverity: 'LOW',
              reasons: ['RAISED', 'ESCALATED', 'ENDED'],
              minImpact: [{ formatted: '€50.00' }],
            },
            schedule: { mode: 'NOW', quietFrom: '22:00', quietTo: '07:00' },
          },
        },
      },
    })
    // What is so already is no change.
    const acts = () => scopeTo(app.database, tenant.id).db.activity.count({ where: { tenantId: tenant.id } })
    const before = await acts()
    for (const again of [{ paused: true }, { name: 'night shift' }, { schedule: { quietTo: '07:00' } }])
      await update(again)
    expect(await acts()).toBe(before)
    expect(
      refused.parse(await update({ schedule: { mode: 'DAILY' } })).errors[0]?.extensions.issues,
    ).toMatchObject([{ path: ['schedule', 'at'] }])
    expect(refused.parse(await update({ schedule: { quietFrom: '25:00' } })).errors[0]?.extensions.code).toBe(
      'BAD_USER_INPUT',
    )
    const DELETE = `mutation($id: ID!) { deleteAlertChannel(input: { id: $id }) { deletedAlertChannelId } }`
    for (let i = 0; i < 2; i += 1)
      expect(await ask(tenant, DELETE, { id: alertChannel.id })).toMatchObject({
        data: { deleteAlertChannel: { deletedAlertChannelId: alertChannel.id } },
      })
    expect(await ask(tenant, '{ alertChannels { id } }')).toEqual({ data: { alertChannels: [] } })
  })

  it("shows another tenant's channels and deliveries as absent", async () => {
    const { alertChannel, receiver, tenant } = await setUp()
    await raise(app.database, tenant.id, { severity: 'CRITICAL' })
    await vi.waitFor(() => expect(receiver.requests.length).toBe(1), { timeout: 45_000 })
    const deliveryId = String(receiver.requests[0]?.headers['webhook-id'])
    const attacker = await makeTenant(app, databaseUrl)
    expect(
      await ask(
        attacker,
        `{ nodes(ids: ["${alertChannel.id}", "${deliveryId}"]) { id } alertDeliveries(filter: { channelId: "${alertChannel.id}" }) { totalCount } }`,
      ),
    ).toEqual({ data: { nodes: [null, null], alertDeliveries: { totalCount: 0 } } })
    for (const [mutation, id] of [
      ['testAlertChannel', alertChannel.id],
      ['deleteAlertChannel', alertChannel.id],
      ['enableAlertChannel', alertChannel.id],
      ['rollAlertSecret', alertChannel.id],
      ['recoverAlertChannel', alertChannel.id],
      ['updateAlertChannel', alertChannel.id],
      ['retryAlertDelivery', deliveryId],
    ]) {
      const { errors } = refused.parse(
        await ask(attacker, `mutation($id: ID!) { ${mutation}(input: { id: $id }) { __typename } }`, { id }),
      )
      expect(errors[0]?.extensions.code, mutation).toBe('NOT_FOUND')
    }
  })
})
