import { describe, expect, test } from 'vitest'
import { later, raise } from '../support/anomalies.ts'
import { ask, data, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

describe('detectors', () => {
  const CONFIGURE = `mutation($input: ConfigureDetectorInput!) {
    configureDetector(input: $input) { detector { enabled settings { name value default min max unit } } }
  }`

  test('show their settings and what became of their anomalies', async () => {
    const tenant = await makeTenant(database)
    const now = new Date()
    await raise(database, tenant.id, { detector: 'DUPLICATE_CHARGE', detectedAt: now, severity: 'HIGH' })
    await raise(database, tenant.id, {
      detector: 'DUPLICATE_CHARGE',
      detectedAt: now,
      status: 'FALSE_POSITIVE',
    })
    await raise(database, tenant.id, { detector: 'DUPLICATE_CHARGE', detectedAt: later(-1e8) })
    const { detectors } = (await data(
      served,
      tenant.key,
      '{ detectors { id name title description listensTo enabled selfResolving settings { name } stats { anomalies falsePositives bySeverity { severity count } } } }',
    )) as { detectors: { name: string; id: string }[] }
    const duplicate = detectors.find(({ name }) => name === 'DUPLICATE_CHARGE')
    expect(duplicate).toMatchObject({
      enabled: true,
      selfResolving: false,
      listensTo: expect.arrayContaining(['charge.succeeded']),
      settings: expect.arrayContaining([{ name: 'window' }]),
      stats: {
        anomalies: 2,
        falsePositives: 1,
        bySeverity: [
          { severity: 'LOW', count: 0 },
          { severity: 'MEDIUM', count: 1 },
          { severity: 'HIGH', count: 1 },
          { severity: 'CRITICAL', count: 0 },
        ],
      },
    })
    const query = 'query($id: ID!) { node(id: $id) { ... on Detector { name } } }'
    expect(await data(served, tenant.key, query, { id: duplicate?.id })).toEqual({
      node: { name: 'DUPLICATE_CHARGE' },
    })
  })

  test('are set, and say so once', async () => {
    const tenant = await makeTenant(database)
    const other = await makeTenant(database)
    const input = { name: 'DUPLICATE_CHARGE', enabled: false, settings: [{ name: 'window', value: 120 }] }
    for (let i = 0; i < 2; i++) {
      expect(await data(served, tenant.key, CONFIGURE, { input })).toMatchObject({
        configureDetector: {
          detector: {
            enabled: false,
            settings: expect.arrayContaining([expect.objectContaining({ name: 'window', value: 120 })]),
          },
        },
      })
    }
    // What is left out stays.
    expect(
      await data(served, tenant.key, CONFIGURE, { input: { name: 'DUPLICATE_CHARGE', enabled: true } }),
    ).toMatchObject({
      configureDetector: {
        detector: {
          enabled: true,
          settings: expect.arrayContaining([expect.objectContaining({ value: 120 })]),
        },
      },
    })
    const log = '{ activity(kinds: [DETECTOR_CONFIGURED]) { totalCount } }'
    expect(await data(served, tenant.key, log)).toEqual({ activity: { totalCount: 2 } })
    expect(await data(served, other.key, log)).toEqual({ activity: { totalCount: 0 } })
  })

  test.each([
    ['out of bounds', [{ name: 'window', value: 59 }], ['settings', 0, 'value']],
    [
      'that are unknown',
      [
        { name: 'window', value: 60 },
        { name: '__proto__', value: 1 },
      ],
      ['settings', 1, 'name'],
    ],
  ])('refuse settings %s', async (_name, settings, path) => {
    const tenant = await makeTenant(database)
    const { errors } = await ask(served, tenant.key, CONFIGURE, {
      input: { name: 'DUPLICATE_CHARGE', settings },
    })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }])
  })
})

test('a changed setting is recorded with what it was before', async () => {
  const tenant = await makeTenant(database)
  const set = (value: number, enabled: boolean) =>
    data(
      served,
      tenant.key,
      'mutation($value: Float!, $enabled: Boolean) { configureDetector(input: {name: DUPLICATE_CHARGE, enabled: $enabled, settings: [{name: "window", value: $value}]}) { detector { id } } }',
      { value, enabled },
    )
  await set(1_200, false)
  await set(1_800, true)
  const { activity } = (await data(
    served,
    tenant.key,
    '{ activity(kinds: [DETECTOR_CONFIGURED]) { nodes { data } } }',
  )) as { activity: { nodes: { data: { former: unknown } }[] } }
  expect(activity.nodes[0]?.data.former).toEqual({ enabled: false, settings: { window: 1_200 } })
})
