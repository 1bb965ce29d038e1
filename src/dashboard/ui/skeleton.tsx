import styles from './states.module.css'

/** Holds the place of what is being loaded; seen only where that takes longer than 150 ms. */
export const Skeleton = ({ height, width = '100%' }: { height: number; width?: number | string }) => (
  <div className={styles['skeleton']} style={{ height, width }} aria-hidden="true" />
)
