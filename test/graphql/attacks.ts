import { expect } from 'vitest'
import type { Json } from '../support/graphql.ts'

/** A word that stands in all that the victim has, and nowhere else. */
export const MARK = 'zanzibar'
export const VICTIM = `Victim ${MARK}`

/** Ids of one thing of each kind of the victim's, and a place in its feed: what a thief might have come by. */
export type Loot = Record<
  | 'tenant'
  | 'anomaly'
  | 'event'
  | 'activity'
  | 'endpoint'
  | 'secret'
  | 'key'
  | 'detector'
  | 'cursor'
  | 'channel'
  | 'delivery'
  | 'session'
  | 'connection',
  string
>

interface Attack {
  operation: string
  variables(loot: Loot): Json
  /** What an honest tenant without anything would be told; `code` of the one error otherwise. */
  reads?: Json
  code?: string
}

const attack = (
  operation: string,
  variables: (loot: Loot) => Json,
  expected: { reads?: Json; code?: string },
): Attack => ({
  operation,
  variables,
  ...expected,
})

/** At least one attack on each root field. */
export const ATTACKS: Record<string, Attack[]> = {
  'Query.viewer': [
    attack('{ viewer { tenant { name } } }', () => ({}), {
      reads: { viewer: { tenant: { name: 'Thief' } } },
    }),
  ],
  'Query.tenant': [attack('{ tenant { name } }', () => ({}), { reads: { tenant: { name: 'Thief' } } })],
  'Query.anomaly': [
    attack('query($id: ID!) { anomaly(id: $id) { id } }', ({ anomaly }) => ({ id: anomaly }), {
      reads: { anomaly: null },
    }),
  ],
  'Query.anomalies': [
    attack(
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { nodes { id } totalCount } }',
      () => ({ filter: { search: MARK } }),
      { reads: { anomalies: { nodes: [], totalCount: 0 } } },
    ),
    attack(
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { nodes { id } totalCount } }',
      () => ({ filter: { search: 'ch_1', customerId: 'cus_1' } }),
      { reads: { anomalies: { nodes: [], totalCount: 0 } } },
    ),
    attack(
      'query($after: String) { anomalies(after: $after) { totalCount } }',
      ({ cursor }) => ({ after: cursor }),
      { code: 'CURSOR_UNKNOWN' },
    ),
    attack(
      'query($before: String) { anomalies(last: 5, before: $before) { totalCount } }',
      ({ cursor }) => ({ before: cursor }),
      { code: 'CURSOR_UNKNOWN' },
    ),
  ],
  'Query.anomalyCounts': [
    attack('{ anomalyCounts(filter: {search: "zanzibar"}) { total atStake { amount } } }', () => ({}), {
      reads: { anomalyCounts: { total: 0, atStake: [] } },
    }),
    attack('{ anomalyCounts { total } }', () => ({}), { reads: { anomalyCounts: { total: 0 } } }),
  ],
  'Query.event': [
    attack('query($id: ID!) { event(id: $id) { payload } }', ({ event }) => ({ id: event }), {
      reads: { event: null },
    }),
  ],
  'Query.events': [
    attack(
      'query($filter: StripeEventFilter) { events(filter: $filter) { nodes { payload } totalCount } }',
      () => ({ filter: { stripeId: 'evt_1' } }),
      { reads: { events: { nodes: [], totalCount: 0 } } },
    ),
  ],
  'Query.detectors': [
    attack('{ detectors { stats(lastSeconds: 1000000000) { anomalies } } }', () => ({}), {
      reads: { detectors: expect.not.arrayContaining([{ stats: { anomalies: 1 } }]) },
    }),
  ],
  'Query.metrics': [
    attack(
      '{ metrics(range: {from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z"}, interval: WEEK) { events anomalies revenue { amount } } }',
      () => ({}),
      { reads: { metrics: expect.not.arrayContaining([expect.objectContaining({ events: 1 })]) } },
    ),
  ],
  'Query.activity': [
    attack('{ activity { nodes { anomaly { id } data } } }', () => ({}), { reads: expect.anything() }),
  ],
  'Query.alertChannels': [
    attack('{ alertChannels { id target } }', () => ({}), { reads: { alertChannels: [] } }),
  ],
  'Query.alertDeliveries': [
    attack(
      'query($filter: AlertDeliveryFilter) { alertDeliveries(filter: $filter) { nodes { id } totalCount } }',
      ({ channel, anomaly }) => ({ filter: { channelId: channel, anomalyId: anomaly } }),
      { reads: { alertDeliveries: { nodes: [], totalCount: 0 } } },
    ),
  ],
  'Query.node': [
    attack('query($id: ID!) { node(id: $id) { id } }', ({ anomaly }) => ({ id: anomaly }), {
      reads: { node: null },
    }),
    attack('query($id: ID!) { node(id: $id) { id } }', ({ tenant }) => ({ id: tenant }), {
      reads: { node: null },
    }),
  ],
  'Query.nodes': [
    attack('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', (loot) => ({ ids: Object.values(loot) }), {
      reads: { nodes: Array(13).fill(null) },
    }),
  ],
  'Query.sharedTrouble': [attack('{ sharedTrouble { tenants } }', () => ({}), { code: 'FORBIDDEN' })],
  'Query.tenants': [
    attack('{ tenants(search: "zanzibar") { nodes { id } } }', () => ({}), { code: 'FORBIDDEN' }),
  ],
  ...Object.fromEntries(
    [
      ['acknowledgeAnomaly'],
      ['resolveAnomaly'],
      ['reopenAnomaly'],
      ['markAnomalyFalsePositive'],
      ['commentOnAnomaly', ', text: "mine"'],
      ['snoozeAnomaly', ', untilItGrows: true'],
      ['unsnoozeAnomaly'],
    ].map(([name, words = '']) => [
      `Mutation.${name}`,
      [
        attack(
          `mutation($id: ID!) { ${name}(input: {id: $id${words}}) { anomaly { id } } }`,
          ({ anomaly }) => ({ id: anomaly }),
          { code: 'NOT_FOUND' },
        ),
      ],
    ]),
  ),
  'Mutation.undoAct': [
    attack(
      'mutation($id: ID!) { undoAct(input: {activityId: $id}) { anomaly { id } } }',
      ({ activity }) => ({ id: activity }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.updateAnomalies': [
    attack(
      'mutation($id: ID!) { updateAnomalies(input: {ids: [$id], act: RESOLVE}) { anomalies { id } problems { code } } }',
      ({ anomaly }) => ({ id: anomaly }),
      { reads: { updateAnomalies: { anomalies: [], problems: [{ code: 'NOT_FOUND' }] } } },
    ),
  ],
  ...Object.fromEntries(
    [
      'updateAlertChannel',
      'enableAlertChannel',
      'rollAlertSecret',
      'testAlertChannel',
      'recoverAlertChannel',
      'deleteAlertChannel',
    ].map((name) => [
      `Mutation.${name}`,
      [
        attack(
          `mutation($id: ID!) { ${name}(input: {id: $id}) { __typename } }`,
          ({ channel }) => ({ id: channel }),
          { code: 'NOT_FOUND' },
        ),
      ],
    ]),
  ),
  'Mutation.verifyAlertAddress': [
    attack(
      'mutation($id: ID!) { verifyAlertAddress(input: {id: $id, address: "a@example.com", code: "000000"}) { alertChannel { id } } }',
      ({ channel }) => ({ id: channel }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.resendAlertVerification': [
    attack(
      'mutation($id: ID!) { resendAlertVerification(input: {id: $id, address: "a@example.com"}) { alertChannel { id } } }',
      ({ channel }) => ({ id: channel }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.retryAlertDelivery': [
    attack(
      'mutation($id: ID!) { retryAlertDelivery(input: {id: $id}) { alertDelivery { id } } }',
      ({ delivery }) => ({ id: delivery }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.createAlertChannel': [
    attack(
      'mutation { createAlertChannel(input: {name: "pager", target: {webhook: {url: "https://203.0.113.1/"}}}) { alertChannel { name } } }',
      () => ({}),
      { code: 'BAD_USER_INPUT' },
    ),
  ],
  'Mutation.configureDetector': [
    attack(
      'mutation { configureDetector(input: {name: DUPLICATE_CHARGE, enabled: false}) { detector { enabled } } }',
      () => ({}),
      { reads: { configureDetector: { detector: { enabled: false } } } },
    ),
  ],
  'Mutation.connectStripe': [
    attack(
      'mutation($id: ID!) { connectStripe(input: {endpointId: $id, key: "rk_test_51Nthief00001"}) { stripeConnection { id } } }',
      ({ endpoint }) => ({ id: endpoint }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.replaceStripeKey': [
    attack(
      'mutation($id: ID!) { replaceStripeKey(input: {id: $id, key: "rk_live_51Nthief00001"}) { stripeConnection { id } } }',
      ({ connection }) => ({ id: connection }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.disconnectStripe': [
    attack(
      'mutation($id: ID!) { disconnectStripe(input: {id: $id}) { disconnectedStripeConnectionId } }',
      ({ connection }) => ({ id: connection }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.rebuildTenant': [
    attack('mutation { rebuildTenant(input: {dryRun: true}) { job { kind } } }', () => ({}), {
      reads: { rebuildTenant: { job: { kind: 'REBUILD' } } },
    }),
  ],
  'Mutation.createApiKey': [
    attack('mutation { createApiKey(input: {name: "x", role: ADMIN}) { apiKey { name } } }', () => ({}), {
      reads: { createApiKey: { apiKey: { name: 'x' } } },
    }),
  ],
  'Mutation.revokeApiKey': [
    attack(
      'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }',
      ({ key }) => ({ id: key }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.revokeSession': [
    attack(
      'mutation($id: ID!) { revokeSession(input: {id: $id}) { session { id } } }',
      ({ session }) => ({ id: session }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.createAccessToken': [
    attack('mutation { createAccessToken(input: {role: ADMIN}) { expiresAt } }', () => ({}), {
      reads: expect.anything(),
    }),
  ],
  'Mutation.createWebhookEndpoint': [
    attack(
      'mutation { createWebhookEndpoint(input: {name: "default"}) { webhookEndpoint { id } } }',
      () => ({}),
      { reads: { createWebhookEndpoint: { webhookEndpoint: { id: expect.not.stringMatching('nothing') } } } },
    ),
  ],
  'Mutation.rotateWebhookToken': [
    attack(
      'mutation($id: ID!) { rotateWebhookToken(input: {endpointId: $id}) { webhookEndpoint { url } } }',
      ({ endpoint }) => ({ id: endpoint }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.addWebhookSecret': [
    attack(
      'mutation($id: ID!) { addWebhookSecret(input: {endpointId: $id, secret: "whsec_mine_0123456789"}) { webhookSecret { id } } }',
      ({ endpoint }) => ({ id: endpoint }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.retireWebhookSecret': [
    attack(
      'mutation($id: ID!) { retireWebhookSecret(input: {id: $id}) { webhookSecret { id } } }',
      ({ secret }) => ({ id: secret }),
      { code: 'NOT_FOUND' },
    ),
  ],
  'Mutation.createTenant': [
    attack('mutation { createTenant(input: {name: "x"}) { tenant { id } } }', () => ({}), {
      code: 'FORBIDDEN',
    }),
  ],
  'Mutation.updateTenant': [
    attack(
      'mutation($id: ID!) { updateTenant(input: {id: $id, name: "Mine"}) { tenant { id } } }',
      ({ tenant }) => ({ id: tenant }),
      { code: 'NOT_FOUND' },
    ),
  ],
  ...Object.fromEntries(
    ['suspendTenant', 'resumeTenant'].map((name) => [
      `Mutation.${name}`,
      [
        attack(
          `mutation($id: ID!) { ${name}(input: {id: $id}) { tenant { id } } }`,
          ({ tenant }) => ({ id: tenant }),
          { code: 'FORBIDDEN' },
        ),
      ],
    ]),
  ),
  'Mutation.deleteTenant': [
    attack(
      'mutation($id: ID!, $name: String!) { deleteTenant(input: {id: $id, confirmName: $name}) { deletedTenantId } }',
      ({ tenant }) => ({ id: tenant, name: VICTIM }),
      { code: 'FORBIDDEN' },
    ),
  ],
}
