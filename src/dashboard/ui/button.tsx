import type { ComponentProps } from 'react'
import styles from './controls.module.css'

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled' | 'className'> {
  look?: 'plain' | 'primary' | 'danger' | 'quiet'
  small?: boolean
  /** Why it cannot be used now. It stays reachable, so that everybody can read the reason. */
  disabledBecause?: string | undefined
}

/** A button; `type="button"` unless it says otherwise. */
export function Button({ look = 'plain', small = false, disabledBecause, onClick, ...rest }: ButtonProps) {
  const classes = [styles['button'], look !== 'plain' && styles[look], small && styles['small']]
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(' ')}
      aria-disabled={disabledBecause !== undefined}
      title={disabledBecause}
      {...rest}
      onClick={(event) => (disabledBecause === undefined ? onClick?.(event) : event.preventDefault())}
    />
  )
}
