import { useState } from 'react'
import { useClient } from 'urql'
import { type Act, Snooze, Undo } from '../../api/acts.ts'
import { graphql, type VariablesOf } from '../../api/graphql.ts'
import { sentenceOf } from '../../api/problems.ts'
import { RowFields } from '../../api/row.ts'
import { useActingRefused } from '../../api/use-connection.ts'
import { count } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { FalsePositiveDialog } from '../acts/false-positive-dialog.tsx'
import { SnoozeDialog } from '../acts/snooze-dialog.tsx'
import styles from './bulk.module.css'

const Update = graphql(
  `mutation UpdateAnomalies($input: UpdateAnomaliesInput!) {
    updateAnomalies(input: $input) { anomalies { ...RowFields } activities { id } problems { id message } }
  }`,
  [RowFields],
)

type BulkAct = VariablesOf<typeof Update>['input']['act']

/** What is done with all that are selected. */
export function Bulk({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const client = useClient()
  const toasts = useToasts()
  const refused = useActingRefused()
  const [asking, setAsking] = useState<'falsePositive' | 'snooze'>()

  async function undo(acts: readonly string[]): Promise<void> {
    const answers = await inTurns(acts, (activityId) => client.mutation(Undo, { input: { activityId } }))
    const problem = answers.find(({ error }) => error)?.error
    toasts.show({ text: problem ? `Not all could be undone: ${sentenceOf(problem)}` : 'Undone' })
  }

  function say({ changed, acts, problems }: Outcome): void {
    const [problem] = problems
    const others = problem === undefined ? '' : ` ${problems.length} could not be: ${problem}`
    toasts.show({
      text: `${count(changed, 'anomaly', 'anomalies')} changed.${others}`,
      ...(acts.length > 0 && { action: { label: 'Undo', run: () => void undo(acts) } }),
    })
    onDone()
  }

  async function update(act: BulkAct, note?: string): Promise<void> {
    const { data, error } = await client.mutation(Update, {
      input: { ids: [...ids], act, ...(note === undefined ? {} : { note }) },
    })
    const done = data?.updateAnomalies
    if (!done) return toasts.show({ text: sentenceOf(error) })
    say({
      changed: done.anomalies.length,
      acts: done.activities.map(({ id }) => id),
      problems: done.problems.map(({ message }) => message),
    })
  }

  async function snooze(act: Act): Promise<void> {
    if (act.kind !== 'snooze') return
    const until = 'until' in act ? { until: act.until } : { untilItGrows: true }
    const answers = await inTurns(ids, (id) => client.mutation(Snooze, { input: { id, ...until } }))
    say({
      changed: answers.filter(({ data }) => data?.done?.anomaly).length,
      acts: answers.flatMap(({ data }) => data?.done?.activity?.id ?? []),
      problems: answers.flatMap(({ error }) => (error ? [sentenceOf(error)] : [])),
    })
  }

  return (
    <div className={styles['bulk']} role="toolbar" aria-label="Selected anomalies">
      <span className={styles['count']}>{ids.length} selected</span>
      <Button small disabledBecause={refused} onClick={() => update('ACKNOWLEDGE')}>
        Acknowledge
      </Button>
      <Button small disabledBecause={refused} onClick={() => update('RESOLVE')}>
        Resolve
      </Button>
      <Button small disabledBecause={refused} onClick={() => setAsking('snooze')}>
        Snooze
      </Button>
      <Button small disabledBecause={refused} onClick={() => setAsking('falsePositive')}>
        False positive
      </Button>
      <Button small look="quiet" onClick={onDone}>
        Clear
      </Button>
      {asking === 'snooze' && <SnoozeDialog onClose={() => setAsking(undefined)} onChosen={snooze} />}
      {asking === 'falsePositive' && (
        <FalsePositiveDialog
          onClose={() => setAsking(undefined)}
          onChosen={(act) => act.kind === 'falsePositive' && update('MARK_FALSE_POSITIVE', act.reason)}
        />
      )}
    </div>
  )
}

interface Outcome {
  /** How many are now as wanted. */
  changed: number
  /** The acts, by which it can be undone. */
  acts: readonly string[]
  /** Why some are not. */
  problems: readonly string[]
}

/** Requests that are under way at a time. */
const AT_ONCE = 8

async function inTurns<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => PromiseLike<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let from = 0; from < items.length; from += AT_ONCE)
    answers.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(ask))))
  return answers
}
