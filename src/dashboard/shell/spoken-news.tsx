import { useEffect, useRef, useState } from 'react'
import { useConnection } from '../api/use-connection.ts'
import { severityWord } from '../text/severity.ts'
import styles from '../ui/severity.module.css'

/** Screen readers are told of news this often at most. Milliseconds. */
const EVERY = 10_000

/** One line that says to screen readers what was raised. */
export function SpokenNews() {
  const { feed } = useConnection()
  const [words, setWords] = useState('')
  const raised = useRef<string[]>([])
  useEffect(() => {
    const stop = feed.listen(({ severity, title }, kind) => {
      if (kind === 'ANOMALY_RAISED') raised.current.push(`${severityWord(severity)}: ${title.slice(0, 200)}`)
    })
    const timer = setInterval(() => {
      const [first, ...others] = raised.current.splice(0)
      if (first !== undefined) setWords(others.length === 0 ? first : `${first}, and ${others.length} more`)
    }, EVERY)
    return () => {
      stop()
      clearInterval(timer)
    }
  }, [feed])
  return (
    <p className={styles['hidden']} role="status">
      {words}
    </p>
  )
}
