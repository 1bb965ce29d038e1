import { useState } from 'react'
import { useClient } from 'urql'
import { graphql, type VariablesOf } from '../../api/graphql.ts'
import { sentenceOf } from '../../api/problems.ts'
import { RowFields } from '../../api/row.ts'
import { useActingRefused } from '../../api/use-connection.ts'
import { count } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { FalsePositiveDialog } from '../acts/false-positive-dialog.tsx'
import styles from './bulk.module.css'

const Update = graphql(
  `mutation UpdateAnomalies($input: UpdateAnomaliesInput!) {
    updateAnomalies(input: $input) { anomalies { ...RowFields } problems { id message } }
  }`,
  [RowFields],
)

type BulkAct = VariablesOf<typeof Update>['input']['act']

/** What is done with all that are selected. */
export function Bulk({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const client = useClient()
  const toasts = useToasts()
  const refused = useActingRefused()
  const [asking, setAsking] = useState(false)

  async function update(act: BulkAct, note?: string): Promise<void> {
    const { data, error } = await client.mutation(Update, {
      input: { ids: [...ids], act, ...(note === undefined ? {} : { note }) },
    })
    const done = data?.updateAnomalies
    if (!done) return toasts.show({ text: sentenceOf(error) })
    const [problem] = done.problems
    const refusedOnes = problem ? ` ${done.problems.length} could not be: ${problem.message}` : ''
    toasts.show({ text: `${count(done.anomalies.length, 'anomaly', 'anomalies')} changed.${refusedOnes}` })
    onDone()
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
      <Button small disabledBecause={refused} onClick={() => setAsking(true)}>
        False positive
      </Button>
      <Button small look="quiet" onClick={onDone}>
        Clear
      </Button>
      {asking && (
        <FalsePositiveDialog
          onClose={() => setAsking(false)}
          onChosen={(act) => act.kind === 'falsePositive' && update('MARK_FALSE_POSITIVE', act.reason)}
        />
      )}
    </div>
  )
}
