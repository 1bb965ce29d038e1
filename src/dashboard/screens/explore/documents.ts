import { graphql, type ResultOf } from '../../api/graphql.ts'

export const Figures = graphql(`
  query Figures($from: DateTime!, $to: DateTime, $interval: MetricsInterval!, $livemode: Boolean) {
    metrics(range: { from: $from, to: $to }, interval: $interval, livemode: $livemode) {
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
