import type { GraphQLField, GraphQLObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { ROLES, type Role } from '../../src/tenancy/caller.ts'
import { raise } from '../support/anomalies.ts'
import {
  ADMIN_KEY,
  ask,
  connect,
  data,
  type Json,
  keyOf,
  listen,
  makeTenant,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'

/**
 * Who may use each root field: `VIEWER`, `MEMBER`, `ADMIN` and whoever is above; `anyone` with credentials; or only
 * the operator. With an operation that uses it, and must not be FORBIDDEN for those who may.
 */
const FIELDS: Record<string, [least: Role | 'anyone' | 'operator', operation: string]> = {
  'Query.viewer': ['anyone', '{ viewer { role } }'],
  'Query.tenant': ['anyone', '{ tenant { id } }'],
  'Query.anomaly': ['VIEWER', '{ anomaly(id: "anm_x") { id } }'],
  'Query.anomalies': ['VIEWER', '{ anomalies { totalCount } }'],
  'Query.anomalyCounts': ['VIEWER', '{ anomalyCounts { total } }'],
  'Query.event': ['VIEWER', '{ event(id: "evn_x") { id } }'],
  'Query.events': ['VIEWER', '{ events { totalCount } }'],
  'Query.detectors': ['VIEWER', '{ detectors { name } }'],
  'Query.metrics': [
    'VIEWER',
    '{ metrics(range: {from: "2026-03-01T00:00:00Z", to: "2026-03-01T02:00:00Z"}) { at } }',
  ],
  'Query.activity': ['ADMIN', '{ activity { totalCount } }'],
  'Query.alertChannels': ['VIEWER', '{ alertChannels { id } }'],
  'Query.alertDeliveries': ['VIEWER', '{ alertDeliveries { totalCount } }'],
  'Query.node': ['anyone', '{ node(id: "anm_x") { id } }'],
  'Query.nodes': ['anyone', '{ nodes(ids: ["anm_x"]) { id } }'],
  'Query.tenants': ['operator', '{ tenants { totalCount } }'],
  'Query.sharedTrouble': ['operator', '{ sharedTrouble { tenants } }'],
  'Mutation.acknowledgeAnomaly': [
    'MEMBER',
    'mutation { acknowledgeAnomaly(input: {id: "anm_x"}) { anomaly { id } } }',
  ],
  'Mutation.resolveAnomaly': [
    'MEMBER',
    'mutation { resolveAnomaly(input: {id: "anm_x"}) { anomaly { id } } }',
  ],
  'Mutation.reopenAnomaly': ['MEMBER', 'mutation { reopenAnomaly(input: {id: "anm_x"}) { anomaly { id } } }'],
  'Mutation.markAnomalyFalsePositive': [
    'MEMBER',
    'mutation { markAnomalyFalsePositive(input: {id: "anm_x"}) { anomaly { id } } }',
  ],
  'Mutation.commentOnAnomaly': [
    'MEMBER',
    'mutation { commentOnAnomaly(input: {id: "anm_x", text: "x"}) { anomaly { id } } }',
  ],
  'Mutation.snoozeAnomaly': [
    'MEMBER',
    'mutation { snoozeAnomaly(input: {id: "anm_x", untilItGrows: true}) { anomaly { id } } }',
  ],
  'Mutation.unsnoozeAnomaly': [
    'MEMBER',
    'mutation { unsnoozeAnomaly(input: {id: "anm_x"}) { anomaly { id } } }',
  ],
  'Mutation.undoAct': ['MEMBER', 'mutation { undoAct(input: {activityId: "act_x"}) { anomaly { id } } }'],
  'Mutation.updateAnomalies': [
    'MEMBER',
    'mutation { updateAnomalies(input: {ids: ["anm_x"], act: RESOLVE}) { problems { code } } }',
  ],
  'Mutation.configureDetector': [
    'ADMIN',
    'mutation { configureDetector(input: {name: DUPLICATE_CHARGE, enabled: true}) { detector { enabled } } }',
  ],
  'Mutation.createAlertChannel': [
    'ADMIN',
    'mutation { createAlertChannel(input: {name: "x", target: {webhook: {url: "http://x"}}}) { secret } }',
  ],
  'Mutation.updateAlertChannel': [
    'ADMIN',
    'mutation { updateAlertChannel(input: {id: "chn_x"}) { alertChannel { id } } }',
  ],
  'Mutation.enableAlertChannel': [
    'ADMIN',
    'mutation { enableAlertChannel(input: {id: "chn_x"}) { alertChannel { id } } }',
  ],
  'Mutation.rollAlertSecret': ['ADMIN', 'mutation { rollAlertSecret(input: {id: "chn_x"}) { secret } }'],
  'Mutation.deleteAlertChannel': [
    'ADMIN',
    'mutation { deleteAlertChannel(input: {id: "chn_x"}) { deletedAlertChannelId } }',
  ],
  'Mutation.testAlertChannel': [
    'ADMIN',
    'mutation { testAlertChannel(input: {id: "chn_x"}) { alertDelivery { id } } }',
  ],
  'Mutation.retryAlertDelivery': [
    'ADMIN',
    'mutation { retryAlertDelivery(input: {id: "dlv_x"}) { alertDelivery { id } } }',
  ],
  'Mutation.recoverAlertChannel': [
    'ADMIN',
    'mutation { recoverAlertChannel(input: {id: "chn_x"}) { deliveries } }',
  ],
  'Mutation.verifyAlertAddress': [
    'ADMIN',
    'mutation { verifyAlertAddress(input: {id: "chn_x", address: "a", code: "1"}) { alertChannel { id } } }',
  ],
  'Mutation.resendAlertVerification': [
    'ADMIN',
    'mutation { resendAlertVerification(input: {id: "chn_x", address: "a"}) { alertChannel { id } } }',
  ],
  'Mutation.rebuildTenant': [
    'ADMIN',
    'mutation { rebuildTenant(input: {detectors: [], dryRun: true}) { job { id } } }',
  ],
  'Mutation.connectStripe': [
    'ADMIN',
    'mutation { connectStripe(input: {key: "pk_live_x"}) { stripeConnection { id } } }',
  ],
  'Mutation.replaceStripeKey': [
    'ADMIN',
    'mutation { replaceStripeKey(input: {id: "scn_x", key: "pk_live_x"}) { stripeConnection { id } } }',
  ],
  'Mutation.disconnectStripe': [
    'ADMIN',
    'mutation { disconnectStripe(input: {id: "scn_x"}) { disconnectedStripeConnectionId } }',
  ],
  'Mutation.createApiKey': [
    'ADMIN',
    'mutation { createApiKey(input: {name: "k", role: VIEWER}) { secret } }',
  ],
  'Mutation.revokeApiKey': ['ADMIN', 'mutation { revokeApiKey(input: {id: "key_x"}) { apiKey { id } } }'],
  'Mutation.revokeSession': ['ADMIN', 'mutation { revokeSession(input: {id: "ses_x"}) { session { id } } }'],
  'Mutation.createAccessToken': ['VIEWER', 'mutation { createAccessToken(input: {}) { expiresAt } }'],
  'Mutation.createWebhookEndpoint': [
    'ADMIN',
    'mutation { createWebhookEndpoint(input: {name: "default"}) { webhookEndpoint { url } } }',
  ],
  'Mutation.rotateWebhookToken': [
    'ADMIN',
    'mutation { rotateWebhookToken(input: {endpointId: "whe_x"}) { webhookEndpoint { id } } }',
  ],
  'Mutation.addWebhookSecret': [
    'ADMIN',
    'mutation { addWebhookSecret(input: {endpointId: "whe_x", secret: "whsec_x"}) { webhookSecret { id } } }',
  ],
  'Mutation.retireWebhookSecret': [
    'ADMIN',
    'mutation { retireWebhookSecret(input: {id: "whs_x"}) { webhookSecret { id } } }',
  ],
  'Mutation.createTenant': ['operator', 'mutation { createTenant(input: {name: "New"}) { tenant { id } } }'],
  'Mutation.updateTenant': ['ADMIN', 'mutation { updateTenant(input: {id: "ten_x"}) { tenant { id } } }'],
  'Mutation.suspendTenant': [
    'operator',
    'mutation { suspendTenant(input: {id: "ten_x"}) { tenant { id } } }',
  ],
  'Mutation.resumeTenant': ['operator', 'mutation { resumeTenant(input: {id: "ten_x"}) { tenant { id } } }'],
  'Mutation.deleteTenant': [
    'operator',
    'mutation { deleteTenant(input: {id: "ten_x", confirmName: "x"}) { deletedTenantId } }',
  ],
  'Subscription.anomalyDetected': ['VIEWER', 'subscription { anomalyDetected(after: "x") { cursor } }'],
  'Subscription.anomalyChanged': ['VIEWER', 'subscription { anomalyChanged(after: "x") { cursor } }'],
  'Subscription.anomalyFeed': ['VIEWER', 'subscription { anomalyFeed(after: "x") { cursor } }'],
  'Subscription.eventReceived': ['VIEWER', 'subscription { eventReceived { id } }'],
  'Subscription.detectorPreview': [
    'MEMBER',
    'subscription { detectorPreview(name: DUPLICATE_CHARGE, range: {}) { progress } }',
  ],
  'Subscription.importProgress': ['VIEWER', 'subscription { importProgress(id: "imp_x") { id } }'],
}

const { database, served } = await testApi()
let tenant: TestTenant
const keys = new Map<Role, string>()

beforeAll(async () => {
  tenant = await makeTenant(database)
  for (const role of ROLES) keys.set(role, (await keyOf(database, tenant, role)).key)
})

const keyFor = (role: Role) => keys.get(role) ?? ''

test('the table has every root field', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const names = roots.flatMap((root) =>
    root ? Object.keys(root.getFields()).map((field) => `${root.name}.${field}`) : [],
  )
  expect(Object.keys(FIELDS).sort()).toEqual(names.sort())
})

/** Whether the operation is refused with FORBIDDEN; by no other way of failing. */
async function isForbidden(key: string, operation: string, tenantId?: string): Promise<boolean> {
  const heard = listen(
    connect(served, undefined, { connectionParams: { authorization: `Bearer ${key}`, tenantId } }),
    operation,
  )
  // A subscription that is taken waits; nothing else does.
  await Promise.race([heard.done, new Promise((resolve) => setTimeout(resolve, 1_500))])
  heard.stop()
  return heard.errors.some((error) => JSON.stringify(error).includes('"FORBIDDEN"'))
}

describe.each(Object.entries(FIELDS))('%s', (_name, [least, operation]) => {
  test(`is for ${least} and above`, async () => {
    const refused = await Promise.all(ROLES.map((role) => isForbidden(keyFor(role), operation)))
    const expected = ROLES.map((role) =>
      least === 'operator' ? true : least === 'anyone' ? false : ROLES.indexOf(role) < ROLES.indexOf(least),
    )
    expect(refused).toEqual(expected)
    expect(await isForbidden(ADMIN_KEY, operation, tenant.id)).toBe(false)
    const byOperator = operation.includes('updateTenant') || least === 'operator' || least === 'anyone'
    expect(await isForbidden(ADMIN_KEY, operation)).toBe(!byOperator)
  })
})

describe('fields that need a higher role', () => {
  test('are null by themselves, with FORBIDDEN', async () => {
    await scopeTo(database, tenant.id).db.stripeEvent.create({
      data: {
        tenantId: tenant.id,
        stripeId: 'evt_1',
        endpointId: tenant.endpointId,
        livemode: true,
        type: 'charge.failed',
        createdAt: new Date(),
        receivedAt: new Date(),
        status: 'PROCESSED',
        payload: new Uint8Array(Buffer.from('{"id":"evt_1","big":12345678901234567}')),
      },
    })
    const query = `{
      events { nodes { stripeId payload } }
      tenant { name apiKeys { totalCount } webhookEndpoints { name url secrets { hint } } }
    }`
    const viewer = await ask(served, keyFor('VIEWER'), query)
    expect(viewer.data).toEqual({
      events: { nodes: [{ stripeId: 'evt_1', payload: null }] },
      tenant: {
        name: 'Acme',
        apiKeys: null,
        webhookEndpoints: [{ name: 'default', url: null, secrets: null }],
      },
    })
    expect(viewer.errors.map(({ extensions }) => extensions['code'])).toEqual(Array(4).fill('FORBIDDEN'))
    expect((await ask(served, keyFor('MEMBER'), query)).data).toMatchObject({
      events: { nodes: [{ payload: { id: 'evt_1' } }] },
      tenant: { apiKeys: null },
    })
    const admin = await ask(served, keyFor('ADMIN'), query)
    expect(admin.errors).toEqual([])
    expect(admin.data).toMatchObject({
      tenant: {
        apiKeys: { totalCount: expect.any(Number) },
        webhookEndpoints: [{ url: expect.stringContaining('/webhook/'), secrets: [] }],
      },
    })
  })

  test('are not reached through node either', async () => {
    const { activity } = (await data(
      served,
      tenant.key,
      '{ activity(kinds: [TENANT_CREATED]) { nodes { id } } }',
    )) as {
      activity: { nodes: { id: string }[] }
    }
    const { tenant: own } = (await data(served, tenant.key, '{ tenant { apiKeys { nodes { id } } } }')) as {
      tenant: { apiKeys: { nodes: { id: string }[] } }
    }
    const ids = [...activity.nodes, ...own.apiKeys.nodes].map(({ id }) => id)
    const { nodes } = (await data(
      served,
      keyFor('VIEWER'),
      'query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }',
      {
        ids,
      },
    )) as { nodes: unknown[] }
    // Only its own key.
    expect(nodes.filter((node) => node !== null)).toEqual([{ __typename: 'ApiKey' }])
  })
})

describe('an access token', () => {
  const CREATE =
    'mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { token expiresAt } }'
  const create = async (role: Role, input: Json) =>
    ((await data(served, keyFor(role), CREATE, { input })) as { createAccessToken: { token: string } })
      .createAccessToken.token

  test('has at most the role of its maker, and names a person in activity', async () => {
    expect((await ask(served, keyFor('VIEWER'), CREATE, { input: { role: 'MEMBER' } })).errors).toMatchObject(
      [{ extensions: { code: 'FORBIDDEN' } }],
    )
    const token = await create('ADMIN', { role: 'MEMBER', subject: 'Grace Hopper' })
    expect(await data(served, token, '{ viewer { role apiKey { id } } }')).toEqual({
      viewer: { role: 'MEMBER', apiKey: null },
    })
    const id = await raise(database, tenant.id)
    expect(
      await data(
        served,
        token,
        'mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id}) { anomaly { acknowledgedBy { kind name } } } }',
        { id },
      ),
    ).toEqual({
      acknowledgeAnomaly: { anomaly: { acknowledgedBy: { kind: 'ACCESS_TOKEN', name: 'Grace Hopper' } } },
    })
  })
})

test('no field of an object type is guarded and yet non-null: its refusal would blank its parent', () => {
  const blanks = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!('getFields' in type) || ['Query', 'Mutation', 'Subscription'].includes(type.name)) return []
    const fields = Object.values((type as GraphQLObjectType).getFields()) as GraphQLField<unknown, unknown>[]
    return fields
      .filter(({ extensions, type: of }) => {
        const options = extensions?.['pothosOptions']
        return (
          typeof options === 'object' &&
          options !== null &&
          'authScopes' in options &&
          String(of).endsWith('!')
        )
      })
      .map(({ name }) => `${type.name}.${name}`)
  })
  expect(blanks).toEqual([])
})
