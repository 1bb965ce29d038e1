import styles from './screen.module.css'

/** How something is, as a word with a mark: round and green where all is well, square and red where it is not. */
export const State = ({ word, mood = 'plain' }: { word: string; mood?: 'good' | 'bad' | 'plain' }) => (
  <span className={`${styles['state']} ${styles[mood] ?? ''}`}>{word}</span>
)
