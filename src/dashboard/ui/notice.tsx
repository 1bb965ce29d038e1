import type { ReactNode } from 'react'
import styles from './controls.module.css'

/** Something that went wrong, read out at once by screen readers. */
export const Notice = ({ children }: { children: ReactNode }) => (
  <div className={styles['notice']} role="alert">
    {children}
  </div>
)
