import { type ReactNode, useId } from 'react'
import styles from './controls.module.css'

interface TextFieldProps {
  label: string
  hint?: ReactNode
  value: string
  onChange: (value: string) => void
  required?: boolean
  autoFocus?: boolean
}

/** The API takes no longer notes. Characters. */
const LONGEST = 2_000

/** A few lines of words. */
export function TextField({ label, hint, value, onChange, ...rest }: TextFieldProps) {
  const id = useId()
  return (
    <div className={styles['field']}>
      <label className={styles['label']} htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={styles['input']}
        rows={3}
        maxLength={LONGEST}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...rest}
      />
      {hint !== undefined && (
        <p className={styles['hint']} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
