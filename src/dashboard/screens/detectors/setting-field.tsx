import { useState } from 'react'
import { inUnit } from '../../text/measure.ts'
import { sentenceCase } from '../../text/words.ts'
import { Field } from '../../ui/field.tsx'
import own from './detectors.module.css'
import type { Setting } from './documents.ts'
import { POSITIONS, positionOf, valueAt } from './scale.ts'

interface SettingFieldProps {
  setting: Setting
  /** As it was typed. */
  value: string
  onChange: (value: string) => void
  readOnly: boolean
}

/** One setting: a number to type, and a slider to play with. */
export function SettingField({ setting, value, onChange, readOnly }: SettingFieldProps) {
  const { name, description, min, max, unit } = setting
  const label = nameOf(setting)
  const number = Number(value)
  // Several positions may have one value: the slider stays where it was put.
  const [put, setPut] = useState<{ position: number; value: string }>()
  const position = put?.value === value ? put.position : positionOf(number, setting)
  const slide = (to: number): void => {
    const next = String(valueAt(to, setting))
    setPut({ position: to, value: next })
    onChange(next)
  }
  return (
    <div>
      <Field
        label={label}
        name={name}
        type="number"
        step="any"
        min={min}
        max={max}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        readOnly={readOnly}
        required
        hint={`${description} ${boundsOf(setting)}`}
      />
      {!readOnly && (
        <input
          type="range"
          className={own['slider']}
          aria-label={`${label}, as a slider`}
          aria-valuetext={inUnit(number, unit)}
          min={0}
          max={POSITIONS}
          value={position}
          onChange={(event) => slide(Number(event.currentTarget.value))}
        />
      )}
    </div>
  )
}

/** `minimumFailures` → `Minimum failures`. */
const nameOf = ({ name, currency }: Setting): string =>
  sentenceCase(name.replace(/[A-Z]/g, (letter) => `_${letter}`)) + (currency === null ? '' : ` (${currency})`)

function boundsOf({ unit, min, max, default: usual }: Setting): string {
  const words = (value: number): string =>
    unit === 'MONEY' ? value.toLocaleString('en-US') : inUnit(value, unit)
  return `From ${words(min)} to ${words(max)}; ${words(usual)} unless set.`
}
