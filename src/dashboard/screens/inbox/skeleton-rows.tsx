import { Skeleton } from '../../ui/skeleton.tsx'
import styles from './row.module.css'

const ROWS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

/** As high as the rows that will be there. */
export const SkeletonRows = () =>
  ROWS.map((row) => (
    <div className={styles['row']} key={row} aria-hidden="true">
      <div className={styles['severity']}>
        <Skeleton height={14} width="70%" />
      </div>
      <div className={styles['words']} style={{ display: 'grid', gap: 8 }}>
        <Skeleton height={14} width="40%" />
        <Skeleton height={12} width="65%" />
      </div>
    </div>
  ))
