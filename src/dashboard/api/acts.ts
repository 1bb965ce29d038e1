import { graphql } from './graphql.ts'
import { type Row, RowFields } from './row.ts'

/*
 * What people do about an anomaly. Each answer has the whole row, which redraws it everywhere, and the act's id, by
 * which it can be undone.
 */

export const Acknowledge = graphql(
  `mutation Acknowledge($input: AcknowledgeAnomalyInput!) {
    done: acknowledgeAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Resolve = graphql(
  `mutation Resolve($input: ResolveAnomalyInput!) {
    done: resolveAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Reopen = graphql(
  `mutation Reopen($input: ReopenAnomalyInput!) {
    done: reopenAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const MarkFalsePositive = graphql(
  `mutation MarkFalsePositive($input: MarkAnomalyFalsePositiveInput!) {
    done: markAnomalyFalsePositive(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Snooze = graphql(
  `mutation Snooze($input: SnoozeAnomalyInput!) {
    done: snoozeAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Unsnooze = graphql(
  `mutation Unsnooze($input: UnsnoozeAnomalyInput!) {
    done: unsnoozeAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Comment = graphql(
  `mutation Comment($input: CommentOnAnomalyInput!) {
    done: commentOnAnomaly(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

export const Undo = graphql(
  `mutation Undo($input: UndoActInput!) {
    done: undoAct(input: $input) { anomaly { ...RowFields } activity { id } }
  }`,
  [RowFields],
)

/** Something that a person does about one anomaly. */
export type Act =
  | { kind: 'acknowledge' | 'resolve' | 'reopen' | 'unsnooze' }
  | { kind: 'falsePositive'; reason: string }
  | { kind: 'snooze'; until: string }
  | { kind: 'snooze'; untilItGrows: true }

/** What has been done, for people. */
export const DONE: Readonly<Record<Act['kind'], string>> = {
  acknowledge: 'Acknowledged',
  resolve: 'Resolved',
  reopen: 'Reopened',
  falsePositive: 'Marked as a false positive',
  snooze: 'Snoozed',
  unsnooze: 'No longer snoozed',
}

/** What can be done about an anomaly as it stands: what the server would refuse is not offered. */
export function allowed(kind: Act['kind'], { status, snoozedUntil, snoozedUntilItGrows }: Row): boolean {
  const over = status === 'RESOLVED' || status === 'FALSE_POSITIVE'
  const snoozed = snoozedUntil !== null || snoozedUntilItGrows
  if (kind === 'acknowledge') return status === 'OPEN'
  if (kind === 'reopen') return status !== 'OPEN'
  if (kind === 'falsePositive') return status !== 'FALSE_POSITIVE'
  if (kind === 'unsnooze') return snoozed
  return !over
}
