import { useState } from 'react'
import { keysAreOn, switchKeys } from '../keys/switch.ts'
import { Dialog } from '../ui/dialog.tsx'
import styles from './keys-help.module.css'
import { PLACES } from './places.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['j k', 'Next and previous'],
  ['Enter', 'Open'],
  ['x', 'Select'],
  ['Escape', 'Select none'],
  ['a', 'Acknowledge: all that are selected, else this one'],
  ['e', 'Resolve, likewise'],
  ['f', 'False positive, likewise'],
  ['s', 'Snooze, likewise'],
  ['r', 'Reopen'],
  ['c', 'Comment'],
  ['z', 'Undo'],
  ['.', 'Show what is new'],
  ['/', 'Search'],
  ['[ ]', 'Previous and next anomaly'],
  ['t', 'Switch theme'],
  ['?', 'These keys'],
  ...PLACES.map(({ key, name }) => [`g ${key}`, name] as const),
]

/** All keys, and the switch for them. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(keysAreOn)
  return (
    <Dialog title="Keys" onClose={onClose}>
      <label className={styles['switch']}>
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            switchKeys(event.currentTarget.checked)
            setOn(event.currentTarget.checked)
          }}
        />
        Single keys act
      </label>
      <dl className={styles['keys']}>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
