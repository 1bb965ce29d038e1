import type { ReactNode } from 'react'
import styles from './states.module.css'

export interface EmptyProps {
  title: string
  /** Why there is nothing, and what to do next. */
  children?: ReactNode
}

/** There is nothing to show, and that is no fault. */
export const Empty = ({ title, children }: EmptyProps) => (
  <div className={styles['empty']}>
    <h2>{title}</h2>
    {children !== undefined && <p>{children}</p>}
  </div>
)
