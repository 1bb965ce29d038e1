import { useId } from 'react'
import styles from './controls.module.css'

interface SelectProps<Value extends string> {
  label: string
  /** Values with their words, in order. */
  choices: readonly (readonly [Value, string])[]
  value: Value
  onChange: (value: Value) => void
}

/** One of several; its label is for screen readers, the words of the choices say it to everybody else. */
export function Select<Value extends string>({ label, choices, value, onChange }: SelectProps<Value>) {
  const id = useId()
  return (
    <>
      <label className={styles['spoken']} htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className={styles['select']}
        value={value}
        onChange={(event) => {
          const chosen = choices.find(([choice]) => choice === event.currentTarget.value)
          if (chosen) onChange(chosen[0])
        }}
      >
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </select>
    </>
  )
}
