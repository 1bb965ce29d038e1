import { type OperationResult, useClient } from 'urql'
import { useToasts } from '../ui/toasts.tsx'
import {
  Acknowledge,
  type Act,
  DONE,
  MarkFalsePositive,
  Reopen,
  Resolve,
  Snooze,
  Undo,
  Unsnooze,
} from './acts.ts'
import { sentenceOf } from './problems.ts'

/** @returns does something about an anomaly, and offers to undo it for a while */
export function useAct(): (id: string, act: Act) => Promise<void> {
  const client = useClient()
  const toasts = useToasts()

  async function undo(activityId: string): Promise<void> {
    const { data, error } = await client.mutation(Undo, { input: { activityId } })
    toasts.show({ text: data?.done ? 'Undone' : sentenceOf(error) })
  }

  return async (id, act) => {
    const { data, error } = await send(id, act)
    const activityId = data?.done?.activity?.id
    toasts.show({
      text: data?.done ? DONE[act.kind] : sentenceOf(error),
      ...(activityId === undefined ? {} : { action: { label: 'Undo', run: () => undo(activityId) } }),
    })
  }

  function send(id: string, act: Act): PromiseLike<OperationResult<Answer>> {
    switch (act.kind) {
      case 'acknowledge':
        return client.mutation(Acknowledge, { input: { id } })
      case 'resolve':
        return client.mutation(Resolve, { input: { id } })
      case 'reopen':
        return client.mutation(Reopen, { input: { id } })
      case 'unsnooze':
        return client.mutation(Unsnooze, { input: { id } })
      case 'falsePositive':
        return client.mutation(MarkFalsePositive, { input: { id, reason: act.reason } })
      case 'snooze':
        return client.mutation(Snooze, {
          input: 'until' in act ? { id, until: act.until } : { id, untilItGrows: true },
        })
    }
  }
}

interface Answer {
  done: { activity: { id: string } | null } | null
}
