import { graphql, type ResultOf } from '../../api/graphql.ts'

const EndpointFields = graphql(`
  fragment EndpointFields on WebhookEndpoint @_unmask {
    id
    name
    url
    previousTokenExpiresAt
    secrets { id hint createdAt retiredAt }
  }
`)

export type EndpointWithSecrets = ResultOf<typeof EndpointFields>

export const EndpointSettings = graphql(
  `query EndpointSettings { tenant { id webhookEndpoints { ...EndpointFields } } }`,
  [EndpointFields],
)

export const AddEndpoint = graphql(
  `mutation AddEndpoint($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) { webhookEndpoint { ...EndpointFields } }
  }`,
  [EndpointFields],
)

export const RotateToken = graphql(
  `mutation RotateToken($input: RotateWebhookTokenInput!) {
    rotateWebhookToken(input: $input) { webhookEndpoint { ...EndpointFields } }
  }`,
  [EndpointFields],
)

export const AddSecret = graphql(`
  mutation AddSecret($input: AddWebhookSecretInput!) {
    addWebhookSecret(input: $input) { webhookSecret { id hint createdAt retiredAt } }
  }
`)

export const RetireSecret = graphql(`
  mutation RetireSecret($input: RetireWebhookSecretInput!) {
    retireWebhookSecret(input: $input) { webhookSecret { id retiredAt } }
  }
`)
