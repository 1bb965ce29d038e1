import { useState } from 'react'
import { type Act, allowed } from '../../api/acts.ts'
import type { Row } from '../../api/row.ts'
import { useAct } from '../../api/use-act.ts'
import { useActingRefused } from '../../api/use-connection.ts'
import { useKeys } from '../../keys/use-keys.ts'
import { Button } from '../../ui/button.tsx'
import { FalsePositiveDialog } from '../acts/false-positive-dialog.tsx'
import { SnoozeDialog } from '../acts/snooze-dialog.tsx'
import styles from './anomaly.module.css'

/** What can be done about it as it stands; each also by its key. */
export function Actions({ anomaly }: { anomaly: Row }) {
  const act = useAct()
  const refused = useActingRefused()
  const [asking, setAsking] = useState<'snooze' | 'falsePositive'>()
  const run = (chosen: Act): void => void act(anomaly.id, chosen)
  const actions = [
    { kind: 'acknowledge', label: 'Acknowledge', key: 'a', run: () => run({ kind: 'acknowledge' }) },
    { kind: 'resolve', label: 'Resolve', key: 'e', run: () => run({ kind: 'resolve' }) },
    { kind: 'unsnooze', label: 'End snooze', key: 'u', run: () => run({ kind: 'unsnooze' }) },
    { kind: 'snooze', label: 'Snooze', key: 's', run: () => setAsking('snooze') },
    { kind: 'falsePositive', label: 'False positive', key: 'f', run: () => setAsking('falsePositive') },
    { kind: 'reopen', label: 'Reopen', key: 'r', run: () => run({ kind: 'reopen' }) },
  ] as const
  const offered = actions.filter(({ kind }) => allowed(kind, anomaly))
  useKeys(
    Object.fromEntries(
      offered.map(({ key, run }) => [key, () => (refused === undefined ? run() : undefined)]),
    ),
  )
  return (
    <div className={styles['actions']}>
      {offered.map(({ kind, label, key, run }, index) => (
        <Button
          key={kind}
          look={index === 0 ? 'primary' : 'plain'}
          disabledBecause={refused}
          aria-keyshortcuts={key}
          onClick={run}
        >
          {label}
        </Button>
      ))}
      {asking === 'snooze' && <SnoozeDialog onClose={() => setAsking(undefined)} onChosen={run} />}
      {asking === 'falsePositive' && (
        <FalsePositiveDialog onClose={() => setAsking(undefined)} onChosen={run} />
      )}
    </div>
  )
}
