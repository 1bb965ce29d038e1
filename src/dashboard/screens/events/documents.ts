import { graphql, type ResultOf } from '../../api/graphql.ts'

const EventFields = graphql(`
  fragment EventFields on StripeEvent @_unmask {
    id
    stripeId
    type
    createdAt
    receivedAt
    lagSeconds
    status
    error
    livemode
    account
    objectId
    customerId
    amount { currency decimal }
  }
`)

export type EventRow = ResultOf<typeof EventFields>

export const EventsPage = graphql(
  `query EventsPage($filter: StripeEventFilter, $after: String) {
    events(filter: $filter, first: 50, after: $after) {
      nodes { ...EventFields }
      pageInfo { endCursor hasNextPage }
    }
  }`,
  [EventFields],
)

export const EventTail = graphql(
  `subscription EventTail($filter: StripeEventFilter) { eventReceived(filter: $filter) { ...EventFields } }`,
  [EventFields],
)
