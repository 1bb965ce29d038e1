import { expect, it, vi } from 'vitest'
import { type DiskWatch, watchDisk } from '../../src/ingest/disk.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { testDatabase } from '../support/database.ts'
import { eventBody, freshId, startIngest } from './harness.ts'

const database = await testDatabase()

/** A database whose transactions wait until the gate opens. */
function gated() {
  let open = (): void => {}
  let entered = 0
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const through = (sql: SystemSql): SystemSql => ({
    ...sql,
    write: async (work) => {
      entered += 1
      await gate
      return sql.write(work)
    },
  })
  return { through, open, entered: () => entered }
}

it('puts all deliveries of one moment into one transaction', async () => {
  const gate = gated()
  const ingest = await startIngest(database, { through: gate.through })
  const [one, two] = [await ingest.tenant(), await ingest.tenant()]
  const first = ingest.deliver(one, eventBody(freshId()))
  await vi.waitFor(() => expect(gate.entered()).toBe(1))
  const others = [one, two, one, two].map((tenant) => ingest.deliver(tenant, eventBody(freshId())))
  await vi.waitFor(() => expect(ingest.inbox.waiting).toBe(4))
  gate.open()
  for (const answer of await Promise.all([first, ...others])) expect(answer.status).toBe(200)
  const { values } = await ingest.metrics.commitDeliveries.get()
  const named = (suffix: string) => values.find(({ metricName }) => metricName?.endsWith(suffix))?.value
  expect([named('_count'), named('_sum')]).toEqual([2, 5])
  // One wake a tenant and commit.
  expect((await ingest.wakes(two.tenantId)).map((ids) => ids.length)).toEqual([2])
})

it('wakes nobody for events that are known, and for a new one beside them only for that', async () => {
  const ingest = await startIngest(database)
  const tenant = await ingest.tenant()
  const [known, fresh] = [freshId(), freshId()]
  const deliver = (...ids: string[]) =>
    Promise.all(ids.map((id) => ingest.deliver(tenant, eventBody(id)))).then(() =>
      ingest.wakes(tenant.tenantId),
    )
  expect(await deliver(known)).toEqual([[known]])
  expect(await deliver(known, known)).toEqual([[known]])
  expect(new Set(await deliver(known, fresh))).toEqual(new Set([[known], [fresh]]))
})

it('answers 503 when too many deliveries wait, and stores those that it took', async () => {
  const gate = gated()
  const ingest = await startIngest(database, { through: gate.through, inboxLimits: { waiting: 2 } })
  const tenant = await ingest.tenant()
  const send = () => ingest.deliver(tenant, eventBody(freshId()))
  const running = send()
  await vi.waitFor(() => expect(gate.entered()).toBe(1))
  const queued = [send(), send(), send(), send(), send()]
  await vi.waitFor(async () => expect(await ingest.counted('busy')).toBe(3))
  gate.open()
  const answers = await Promise.all([running, ...queued])
  const refused = answers.filter(({ status }) => status === 503)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(refused).toHaveLength(3)
  for (const { headers, body } of refused) {
    expect(headers.get('retry-after')).toBe('5')
    expect(body).toHaveProperty('error.code', 'UNAVAILABLE')
  }
  expect(await ingest.stored(tenant.tenantId)).toHaveLength(3)
  expect((await send()).status).toBe(200)
})

it('bounds the bytes that wait as well', async () => {
  const gate = gated()
  const ingest = await startIngest(database, { through: gate.through, inboxLimits: { bytes: 30_000 } })
  const tenant = await ingest.tenant()
  const send = () => ingest.deliver(tenant, eventBody(freshId()) + ' '.repeat(14_000))
  const answers = [send(), send(), send()]
  await vi.waitFor(async () => expect(await ingest.counted('busy')).toBe(1))
  gate.open()
  expect((await Promise.all(answers)).map(({ status }) => status).sort()).toEqual([200, 200, 503])
  expect((await send()).status).toBe(200)
})

it('answers 503 while the database is away, and takes deliveries as soon as it is back', async () => {
  let away = true
  const ingest = await startIngest(database, {
    through: (sql) => ({
      ...sql,
      write: async (work) => {
        if (away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return sql.write(work)
      },
    }),
  })
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  const refused = await Promise.all([ingest.deliver(tenant, body), ingest.deliver(tenant, body)])
  for (const { status, headers } of refused) {
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toBe('10')
  }
  away = false
  expect((await ingest.deliver(tenant, body)).body).toEqual({ received: true, duplicate: false })
})

it('answers for a commit that does not come; if it comes after all, the next attempt is a duplicate', async () => {
  const gate = gated()
  const ingest = await startIngest(database, { through: gate.through, inboxLimits: { commitTimeout: 30 } })
  const tenant = await ingest.tenant()
  const body = eventBody(freshId())
  expect((await ingest.deliver(tenant, body)).status).toBe(503)
  expect((await ingest.deliver(tenant, body)).status).toBe(503)
  gate.open()
  await vi.waitFor(async () => expect(await ingest.stored(tenant.tenantId)).toHaveLength(1))
  await vi.waitFor(async () =>
    expect((await ingest.deliver(tenant, body)).body).toEqual({ received: true, duplicate: true }),
  )
})

it('answers 503 while the disk is nearly full', async () => {
  const disk: { full: boolean } & DiskWatch = { full: true, close: () => {} }
  const ingest = await startIngest(database, { disk })
  const tenant = await ingest.tenant()
  const refused = await ingest.deliver(tenant, eventBody(freshId()))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
  disk.full = false
  expect((await ingest.deliver(tenant, eventBody(freshId()))).status).toBe(200)
})

it('watches the free bytes of a folder', async () => {
  let free = 99
  const disk = await watchDisk('/', 100, async () => free, 5)
  expect(disk.full).toBe(true)
  free = 100
  await vi.waitFor(() => expect(disk.full).toBe(false))
  disk.close()
  const real = await watchDisk('/', 1)
  expect(real.full).toBe(false)
  real.close()
})

it('finishes what it has taken before it shuts down, and takes no more', async () => {
  const gate = gated()
  const ingest = await startIngest(database, { through: gate.through })
  const tenant = await ingest.tenant()
  const taken = ingest.deliver(tenant, eventBody(freshId()))
  await vi.waitFor(() => expect(gate.entered()).toBe(1))
  let drained = false
  const draining = ingest.inbox.drain().then(() => {
    drained = true
  })
  const late = await ingest.deliver(tenant, eventBody(freshId()))
  expect([late.status, late.headers.get('retry-after'), drained]).toEqual([503, '5', false])
  gate.open()
  await draining
  expect((await taken).status).toBe(200)
  expect(await ingest.stored(tenant.tenantId)).toHaveLength(1)
  const [bucket] = await database.prisma.deliveryBucket.findMany({ where: { tenantId: tenant.tenantId } })
  expect(bucket?.accepted).toBe(1)
})

it('knows within one transaction which test events came after the first live one', async () => {
  const ingest = await startIngest(database)
  const tenant = await ingest.tenant()
  const accept = (id: string, livemode: boolean) =>
    ingest.inbox.accept({
      ...tenant,
      event: { id, type: 'x', created: 1, livemode, thin: false, object: {} },
      summary: {},
      receivedAt: ingest.clock.now(),
      payload: Buffer.from('{}'),
    })
  await Promise.all([accept('evt_3', false), accept('evt_2', true), accept('evt_1', false)])
  expect(await ingest.stored(tenant.tenantId)).toEqual([
    { stripeId: 'evt_1', status: 'IGNORED' },
    { stripeId: 'evt_2', status: 'PENDING' },
    { stripeId: 'evt_3', status: 'PENDING' },
  ])
})

it('does not let one delivery that cannot be stored take others along', async () => {
  const ingest = await startIngest(database)
  const [good, gone, odd] = [await ingest.tenant(), await ingest.tenant(), await ingest.tenant()]
  const delivery = (tenant: typeof good, id: string, created: number) => ({
    tenantId: tenant.tenantId,
    endpointId: tenant.endpointId,
    event: { id, type: 'x', created, livemode: true, thin: false, object: {} },
    summary: {},
    receivedAt: ingest.clock.now(),
    payload: Buffer.from('{}'),
  })
  const admissions = await Promise.all([
    ingest.inbox.accept(delivery(good, 'evt_a', 1)),
    ingest.inbox.accept({ ...delivery(gone, 'evt_b', 1), endpointId: 'whe_erased' }),
    ingest.inbox.accept(delivery(odd, 'evt_c', Number.NaN)),
    ingest.inbox.accept(delivery(odd, 'evt_d', 1)),
    ingest.inbox.accept(delivery(good, 'evt_a', 1)),
  ])
  expect(admissions).toEqual(['stored', 'unknown_endpoint', 'failed', 'stored', 'duplicate'])
  expect(await ingest.stored(good.tenantId)).toHaveLength(1)
  expect(await ingest.stored(gone.tenantId)).toHaveLength(0)
  expect(await ingest.stored(odd.tenantId)).toEqual([{ stripeId: 'evt_d', status: 'PENDING' }])
})

it('tells the bus after the commit: that there is work, and whose events came', async () => {
  const ingest = await startIngest(database)
  const [tenant, other] = [await ingest.tenant(), await ingest.tenant()]
  const heard: string[] = []
  ingest.bus.subscribe('work', () => heard.push('work'))
  ingest.bus.subscribe(`events:${tenant.tenantId}`, () => heard.push('events'))
  ingest.bus.subscribe(`events:${other.tenantId}`, () => heard.push('other'))
  // Each listener gets a hint that it stands.
  await vi.waitFor(() => expect(heard).toHaveLength(3))
  heard.length = 0
  const body = eventBody(freshId())
  await ingest.deliver(tenant, body)
  await vi.waitFor(() => expect(heard).toEqual(['work', 'events']))
  await ingest.deliver(tenant, body)
  expect(heard).toEqual(['work', 'events'])
})
