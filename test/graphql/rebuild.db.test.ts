import { afterAll, describe, expect, test, vi } from 'vitest'
import { memoryBus } from '../../src/bus/memory.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { Rebuilder } from '../../src/pipeline/rebuild/rebuilder.ts'
import { systemClock } from '../../src/time.ts'
import { SOON } from '../support/feed.ts'
import {
  codeOf,
  connect,
  data,
  keyOf,
  listen,
  makeTenant,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'
import { double, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'

const { database, served } = await testApi()
const { deliver, judgeAll } = pipelineOn(database)
const metrics = createMetrics(false)
const rebuilder = new Rebuilder({
  database,
  bus: memoryBus(),
  detectors: DETECTORS,
  clock: systemClock,
  log: createLogger('silent'),
  metrics,
})
afterAll(() => rebuilder.stop())

const REBUILD = `mutation ($input: RebuildTenantInput!) {
  rebuildTenant(input: $input) { job { id kind state read stored finishedAt error result } }
}`
const PROGRESS = 'subscription ($id: ID!) { importProgress(id: $id) { id state read stored result } }'

interface Job {
  id: string
  state: string
}

async function doubled(): Promise<TestTenant> {
  const tenant = await makeTenant(database)
  await deliver({ id: tenant.id, endpoint: { id: tenant.endpointId } }, double(START))
  await judgeAll(START + 10)
  return tenant
}

async function rebuild({ key }: Pick<TestTenant, 'key'>, input: object = {}): Promise<Job> {
  const made = await data(served, key, REBUILD, { input })
  return (made as { rebuildTenant: { job: Job } }).rebuildTenant.job
}

describe('rebuildTenant', () => {
  test('is done by whoever works in the background, and can be followed to its end', async () => {
    const tenant = await doubled()
    await data(
      served,
      tenant.key,
      'mutation { configureDetector(input: {name: DUPLICATE_CHARGE, enabled: false}) { detector { id } } }',
    )
    const job = await rebuild(tenant)
    expect(job).toMatchObject({
      kind: 'REBUILD',
      state: 'RUNNING',
      read: 0,
      finishedAt: null,
      error: null,
      result: null,
    })
    const heard = listen(connect(served, tenant.key), PROGRESS, { id: job.id })
    await vi.waitFor(() => expect(heard.received).toHaveLength(1), SOON)
    rebuilder.start()
    await heard.done
    expect(heard.errors).toEqual([])
    expect(heard.received.at(-1)).toMatchObject({
      importProgress: {
        id: job.id,
        state: 'DONE',
        read: 2,
        stored: 1,
        result: {
          events: 2,
          same: 0,
          new: { count: 0 },
          changed: { count: 0 },
          gone: { count: 1, first: [{ detector: 'DUPLICATE_CHARGE' }] },
        },
      },
    })
    expect(
      await data(
        served,
        tenant.key,
        '{ anomalies { nodes { status resolvedBy { kind } } } activity(first: 1) { nodes { kind actor { kind } data } } }',
      ),
    ).toMatchObject({
      anomalies: { nodes: [{ status: 'RESOLVED', resolvedBy: { kind: 'SYSTEM' } }] },
      activity: {
        nodes: [{ kind: 'TENANT_REBUILT', actor: { kind: 'API_KEY' }, data: { gone: 1, same: 0 } }],
      },
    })
    expect((await metrics.rebuilds.get()).values).toMatchObject([{ labels: { outcome: 'done' }, value: 1 }])
    expect((await metrics.eventsJudgedAnew.get()).values).toMatchObject([{ value: 2 }])
    expect(
      await data(served, tenant.key, 'query ($id: ID!) { node(id: $id) { id ... on ImportJob { state } } }', {
        id: job.id,
      }),
    ).toEqual({
      node: { id: job.id, state: 'DONE' },
    })
  }, 60_000)

  test('is for admins, and its jobs are of one tenant alone', async () => {
    const [tenant, other] = [await doubled(), await makeTenant(database)]
    const { key } = await keyOf(database, tenant, 'MEMBER')
    expect(await codeOf(served, key, REBUILD, { input: {} })).toBe('FORBIDDEN')
    const { id } = await rebuild(tenant, { dryRun: true })
    expect(await data(served, other.key, 'query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
      node: null,
    })
    const heard = listen(connect(served, other.key), PROGRESS, { id })
    await heard.done
    expect(heard.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })
})
