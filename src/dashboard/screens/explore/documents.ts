import { graphql, type ResultOf } from '../../api/graphql.ts'

export const Figures = graphql(`
  query Figures($from: DateTime!, $interval: MetricsInterval!) {
    metrics(range: { from: $from }, interval: $interval) {
      at
      chargesSucceeded
      chargesFailed
      failureRate
      disputes
      anomalies
      revenue { amount currency decimal }
      refunds { amount currency decimal }
    }
  }
`)

export type Figure = NonNullable<ResultOf<typeof Figures>['metrics']>[number]
