import { graphql } from '../../api/graphql.ts'
import { RowFields } from '../../api/row.ts'

export const InboxPage = graphql(
  `query InboxPage($filter: AnomalyFilter, $orderBy: AnomalyOrder, $first: Int!, $after: String) {
    anomalies(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      nodes { ...RowFields }
      pageInfo { endCursor hasNextPage }
    }
  }`,
  [RowFields],
)
