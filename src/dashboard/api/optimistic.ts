import type { OptimisticMutationResolver } from '@urql/exchange-graphcache'

/** Shows an act at once; the server's answer replaces it, or takes it back. */
const shows =
  (
    payload: string,
    change: (input: Input) => Record<string, string | boolean | null>,
  ): OptimisticMutationResolver =>
  ({ input }) => {
    const given = inputOf(input)
    return {
      __typename: payload,
      anomaly: { __typename: 'Anomaly', id: given['id'] ?? '', ...change(given) },
      activity: null,
    }
  }

type Input = Readonly<Record<string, string>>

const inputOf = (input: unknown): Input =>
  Object.fromEntries(
    Object.entries(Object(input)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )

const AWAKE = { snoozedUntil: null, snoozedUntilItGrows: false }

export const optimisticActs: Readonly<Record<string, OptimisticMutationResolver>> = {
  acknowledgeAnomaly: shows('AcknowledgeAnomalyPayload', () => ({ status: 'ACKNOWLEDGED' })),
  resolveAnomaly: shows('ResolveAnomalyPayload', () => ({ status: 'RESOLVED', ...AWAKE })),
  reopenAnomaly: shows('ReopenAnomalyPayload', () => ({ status: 'OPEN' })),
  markAnomalyFalsePositive: shows('MarkAnomalyFalsePositivePayload', () => ({ status: 'FALSE_POSITIVE' })),
  snoozeAnomaly: shows('SnoozeAnomalyPayload', ({ until }) => ({
    snoozedUntil: until ?? null,
    snoozedUntilItGrows: until === undefined,
  })),
  unsnoozeAnomaly: shows('UnsnoozeAnomalyPayload', () => AWAKE),
}
