import type { Act } from '../../api/acts.ts'
import { now } from '../../clock.ts'
import { moment } from '../../text/time.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useZone } from '../../ui/time.tsx'
import styles from './acts.module.css'
import { snoozeChoices } from './snooze-choices.ts'

interface SnoozeDialogProps {
  onClose: () => void
  onChosen: (act: Act) => void
}

/** Asks until when an anomaly is to be put off. */
export function SnoozeDialog({ onClose, onChosen }: SnoozeDialogProps) {
  const zone = useZone()
  const choose = (act: Act): void => {
    onChosen(act)
    onClose()
  }
  return (
    <Dialog title="Snooze" onClose={onClose}>
      <p>Nobody is alerted of it until then.</p>
      <div className={styles['choices']}>
        {snoozeChoices(now(), zone).map(({ label, until }) => (
          <Button key={label} onClick={() => choose({ kind: 'snooze', until })}>
            <span>{label}</span>
            <span className={styles['when']}>{moment(until, zone)}</span>
          </Button>
        ))}
        <Button onClick={() => choose({ kind: 'snooze', untilItGrows: true })}>
          <span>Until it grows</span>
          <span className={styles['when']}>severity rises, or signs or money double</span>
        </Button>
      </div>
    </Dialog>
  )
}
