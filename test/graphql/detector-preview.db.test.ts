import { describe, expect, test, vi } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { SOON } from '../support/feed.ts'
import { connect, data, keyOf, listen, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'
import { double, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'

const { database, served } = await testApi()
const { deliver, judgeAll } = pipelineOn(database)

const PREVIEW = `subscription ($settings: [DetectorSettingInput!], $enabled: Boolean, $range: DateTimeRange!) {
  detectorPreview(name: DUPLICATE_CHARGE, enabled: $enabled, settings: $settings, range: $range) {
    progress events judgedFrom presentCount proposedCount
    removed { detector severity title customerId impact { formatted } subjects { stripeId } anomaly { id } }
    added { title detectedAt anomaly { id } }
    changed { title }
  }
}`

interface Preview {
  progress: number
  presentCount: number
  proposedCount: number
  removed: { anomaly: { id: string } | null }[]
  added: object[]
}

async function merchant(): Promise<TestTenant> {
  const tenant = await makeTenant(database)
  const at = { id: tenant.id, endpoint: { id: tenant.endpointId } }
  await deliver(at, [
    ...double(START),
    paid(START + 9_000, { customer: 'cus_slow' }),
    paid(START + 10_800, { customer: 'cus_slow' }),
  ])
  await judgeAll(START + 11_000)
  return tenant
}

async function last(tenant: Pick<TestTenant, 'key'>, variables: object): Promise<Preview> {
  const heard = listen(connect(served, tenant.key), PREVIEW, { range: {}, ...variables })
  await heard.done
  expect(heard.errors).toEqual([])
  return (heard.received.at(-1) as { detectorPreview: Preview }).detectorPreview
}

describe('detectorPreview', { timeout: 60_000 }, () => {
  test('says what would be gone and new, and completes', async () => {
    const tenant = await merchant()
    const off = await last(tenant, { enabled: false })
    expect(off).toMatchObject({
      progress: 1,
      events: 4,
      presentCount: 1,
      proposedCount: 0,
      added: [],
      changed: [],
    })
    expect(off.removed).toMatchObject([
      { detector: 'DUPLICATE_CHARGE', customerId: 'cus_double', impact: { formatted: '$29.00' } },
    ])
    const [stored] = await scopeTo(database, tenant.id).db.anomaly.findMany({})
    expect(off.removed[0]?.anomaly).toEqual({ id: stored?.id })
    const wide = await last(tenant, { settings: [{ name: 'window', value: 3_600 }] })
    expect(wide).toMatchObject({ presentCount: 1, proposedCount: 2, removed: [] })
    expect(wide.added).toMatchObject([
      { anomaly: null, detectedAt: new Date((START + 10_800) * 1_000).toISOString() },
    ])
  })

  test('counts what was detected in the range', async () => {
    const tenant = await merchant()
    const range = { from: new Date((START + 6) * 1_000).toISOString() }
    expect(await last(tenant, { enabled: false, range })).toMatchObject({ presentCount: 0, removed: [] })
  })

  test('is for members, and its settings are checked as configureDetector does', async () => {
    const tenant = await merchant()
    const { key } = await keyOf(database, tenant, 'VIEWER')
    const refused = listen(connect(served, key), PREVIEW, { range: {} })
    await refused.done
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    const wrong = listen(connect(served, tenant.key), PREVIEW, {
      range: {},
      settings: [{ name: 'window', value: -1 }],
    })
    await wrong.done
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('runs one at a time for a tenant, and is over when nobody listens any more', async () => {
    const tenant = await merchant()
    const events = Array.from({ length: 2_000 }, (_, n) =>
      paid(START + 20_000 + n * 30, { customer: `cus_${n}` }),
    )
    await deliver({ id: tenant.id, endpoint: { id: tenant.endpointId } }, events)
    await judgeAll(START + 90_000)
    const client = connect(served, tenant.key)
    const first = listen(client, PREVIEW, { range: {} })
    await vi.waitFor(() => expect(first.received.length).toBeGreaterThan(0), SOON)
    const second = listen(client, PREVIEW, { range: { from: null } })
    await second.done
    expect(second.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    first.stop()
    await vi.waitFor(async () => {
      const third = listen(client, PREVIEW, { range: {} })
      await vi.waitFor(() => expect(third.received.length + third.errors.length).toBeGreaterThan(0), SOON)
      third.stop()
      expect(third.errors).toEqual([])
    }, SOON)
    const progress = first.received.map(
      (one) => (one as { detectorPreview: Preview }).detectorPreview.progress,
    )
    expect(progress.at(-1)).toBeLessThan(1)
  })

  test('of another tenant sees none of this one', async () => {
    await merchant()
    const other = await makeTenant(database)
    expect(await last(other, { enabled: false })).toMatchObject({ events: 0, presentCount: 0, removed: [] })
    expect(await data(served, other.key, '{ anomalies { nodes { id } } }')).toEqual({
      anomalies: { nodes: [] },
    })
  })
})
