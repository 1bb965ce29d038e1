import { useState } from 'react'
import { useClient } from 'urql'
import { type Act, Snooze, Undo } from '../../api/acts.ts'
import { graphql, type VariablesOf } from '../../api/graphql.ts'
import { sentenceOf } from '../../api/problems.ts'
import { RowFields } from '../../api/row.ts'
import { useActingRefused } from '../../api/use-connection.ts'
import { useKeys } from '../../keys/use-keys.ts'
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

const DONE: Partial<Record<BulkAct, string>> = {
  ACKNOWLEDGE: 'acknowledged',
  RESOLVE: 'resolved',
  MARK_FALSE_POSITIVE: 'marked as false positives',
}

/** Anomalies that the API takes at a time. */
const MOST = 200

/** What is done with all that are selected. */
export function Bulk({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const client = useClient()
  const toasts = useToasts()
  const away = useActingRefused()
  const [busy, setBusy] = useState(false)
  const refused = away ?? (busy ? 'Under way.' : undefined)
  const [asking, setAsking] = useState<'falsePositive' | 'snooze'>()

  async function undo(acts: readonly string[]): Promise<void> {
    const answers = await inTurns(acts, (activityId) => client.mutation(Undo, { input: { activityId } }))
    const problem = answers.find(({ error }) => error)?.error
    toasts.show({ text: problem ? `Not all could be undone: ${sentenceOf(problem)}` : 'Undone' })
  }

  function say(done: string, { changed, acts, problems }: Outcome): void {
    const [problem] = problems
    // They stay selected, for another try.
    if (changed === 0 && problem !== undefined) {
      toasts.show({ text: problem })
      return
    }
    const others = problem === undefined ? '' : ` ${problems.length} could not be: ${problem}`
    toasts.show({
      text: `${count(changed, 'anomaly', 'anomalies')} ${done}.${others}`,
      ...(acts.length > 0 && { action: { label: 'Undo', run: () => void undo(acts) } }),
    })
    onDone()
  }

  async function update(act: BulkAct, note?: string): Promise<void> {
    const parts = Array.from({ length: Math.ceil(ids.length / MOST) }, (_, n) =>
      ids.slice(n * MOST, (n + 1) * MOST),
    )
    const answers = await inTurns(parts, (part) =>
      client.mutation(Update, { input: { ids: part, act, ...(note === undefined ? {} : { note }) } }),
    )
    const done = answers.flatMap(({ data }) => data?.updateAnomalies ?? [])
    say(DONE[act] ?? 'changed', {
      changed: done.flatMap(({ anomalies }) => anomalies).length,
      acts: done.flatMap(({ activities }) => activities.map(({ id }) => id)),
      problems: [
        ...answers.flatMap(({ error }) => (error ? [sentenceOf(error)] : [])),
        ...done.flatMap(({ problems }) => problems.map(({ message }) => message)),
      ],
    })
  }

  async function snooze(act: Act): Promise<void> {
    if (act.kind !== 'snooze') return
    const until = 'until' in act ? { until: act.until } : { untilItGrows: true }
    const answers = await inTurns(ids, (id) => client.mutation(Snooze, { input: { id, ...until } }))
    say('snoozed', {
      changed: answers.filter(({ data }) => data?.done?.anomaly).length,
      acts: answers.flatMap(({ data }) => data?.done?.activity?.id ?? []),
      problems: answers.flatMap(({ error }) => (error ? [sentenceOf(error)] : [])),
    })
  }

  const run = (work: () => Promise<void>): void => {
    setBusy(true)
    void work().finally(() => setBusy(false))
  }
  const unlessRefused = (then: () => void) => (): void =>
    refused === undefined ? then() : toasts.show({ text: refused })
  const acts = {
    a: unlessRefused(() => run(() => update('ACKNOWLEDGE'))),
    e: unlessRefused(() => run(() => update('RESOLVE'))),
    s: unlessRefused(() => setAsking('snooze')),
    f: unlessRefused(() => setAsking('falsePositive')),
  }
  useKeys({ ...acts, Escape: onDone })

  return (
    <div className={styles['bulk']} role="toolbar" aria-label="Selected anomalies">
      <span className={styles['count']}>{ids.length} selected</span>
      <Button small disabledBecause={refused} onClick={acts.a}>
        Acknowledge
      </Button>
      <Button small disabledBecause={refused} onClick={acts.e}>
        Resolve
      </Button>
      <Button small disabledBecause={refused} onClick={acts.s}>
        Snooze
      </Button>
      <Button small disabledBecause={refused} onClick={acts.f}>
        False positive
      </Button>
      <Button small look="quiet" onClick={onDone}>
        Clear
      </Button>
      {asking === 'snooze' && (
        <SnoozeDialog onClose={() => setAsking(undefined)} onChosen={(act) => run(() => snooze(act))} />
      )}
      {asking === 'falsePositive' && (
        <FalsePositiveDialog
          onClose={() => setAsking(undefined)}
          onChosen={(act) =>
            act.kind === 'falsePositive' && run(() => update('MARK_FALSE_POSITIVE', act.reason))
          }
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
