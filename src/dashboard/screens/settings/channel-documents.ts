import { graphql, type ResultOf } from '../../api/graphql.ts'

const ChannelFields = graphql(`
  fragment ChannelFields on AlertChannel @_unmask {
    id
    name
    kind
    state
    stateReason
    target
    addresses { address state }
    routing { minSeverity }
  }
`)

export type ChannelRow = ResultOf<typeof ChannelFields>

export const Channels = graphql(`query Channels { alertChannels { ...ChannelFields } }`, [ChannelFields])

export const CreateChannel = graphql(
  `mutation CreateChannel($input: CreateAlertChannelInput!) {
    createAlertChannel(input: $input) { alertChannel { ...ChannelFields } secret }
  }`,
  [ChannelFields],
)

export const UpdateChannel = graphql(
  `mutation UpdateChannel($input: UpdateAlertChannelInput!) {
    updateAlertChannel(input: $input) { alertChannel { ...ChannelFields } }
  }`,
  [ChannelFields],
)

export const EnableChannel = graphql(
  `mutation EnableChannel($input: EnableAlertChannelInput!) {
    enableAlertChannel(input: $input) { alertChannel { ...ChannelFields } }
  }`,
  [ChannelFields],
)

export const VerifyAddress = graphql(
  `mutation VerifyAddress($input: VerifyAlertAddressInput!) {
    verifyAlertAddress(input: $input) { alertChannel { ...ChannelFields } }
  }`,
  [ChannelFields],
)

export const DeleteChannel = graphql(`
  mutation DeleteChannel($input: DeleteAlertChannelInput!) {
    deleteAlertChannel(input: $input) { deletedAlertChannelId }
  }
`)

export const TestChannel = graphql(`
  mutation TestChannel($input: TestAlertChannelInput!) {
    testAlertChannel(input: $input) { alertDelivery { id state why attempts { at error status } } }
  }
`)

export const ChannelDeliveries = graphql(`
  query ChannelDeliveries($id: ID!) {
    alertDeliveries(filter: { channelId: $id }, first: 20) {
      nodes { id reason state why createdAt deliveredAt anomaly { id title } }
    }
  }
`)
