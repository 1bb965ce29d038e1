import { graphql, type ResultOf } from '../../api/graphql.ts'
import { RowFields } from '../../api/row.ts'

export const AnomalyPage = graphql(
  `query AnomalyPage($id: ID!) {
    anomaly(id: $id) {
      ...RowFields
      advice
      confidence
      startedAt
      lastSeenAt
      customerId
      account
      falsePositiveReason
      subjects(first: 20) { type stripeId url }
      evidence {
        name observed expected threshold unit currency
        observedFormatted expectedFormatted thresholdFormatted
      }
      series { at observed expected lower upper }
      related(first: 5) { ...RowFields }
    }
  }`,
  [RowFields],
)

export type AnomalyDetail = NonNullable<ResultOf<typeof AnomalyPage>['anomaly']>

export type Measurement = AnomalyDetail['evidence'][number]

export const AnomalyHistory = graphql(`
  query AnomalyHistory($id: ID!) {
    anomaly(id: $id) {
      id
      activity(last: 50) { nodes { id at kind note data actor { kind name } } }
      alerts { id reason state why createdAt channel { id name } }
    }
  }
`)

export const AnomalyEvents = graphql(`
  query AnomalyEvents($id: ID!, $after: String) {
    anomaly(id: $id) {
      id
      events(first: 20, after: $after) {
        nodes { id stripeId type createdAt objectId }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
`)
