import { memo } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { type Row as Anomaly, RowById } from '../../api/row.ts'
import { money } from '../../text/money.ts'
import { count } from '../../text/words.ts'
import { SeverityMark } from '../../ui/severity.tsx'
import { Standing, standingOf } from '../../ui/standing.tsx'
import { Age } from '../../ui/time.tsx'
import styles from './row.module.css'
import { Sparkline } from './sparkline.tsx'

interface RowProps {
  id: string
  /** Whether it still belongs into the list. */
  fits: (anomaly: Anomaly) => boolean
  /** Whether the keys act on it. */
  current: boolean
  selected: boolean
  /** @param through all from the one that was chosen last */
  onSelect: (id: string, selected: boolean, through: boolean) => void
  onFocus: (id: string) => void
}

/** One anomaly of the list. Every row has the same height, whatever it says. */
export const Row = memo(function Row({ id, fits, current, selected, onSelect, onFocus }: RowProps) {
  const [{ data }] = useQuery({ query: RowById, variables: { id }, requestPolicy: 'cache-only' })
  const anomaly = data?.anomaly
  if (!anomaly) return <div className={styles['row']} />
  const { severity, title, message, impact, occurrences, detectedAt, livemode } = anomaly
  const fitting = fits(anomaly)
  const standing = standingOf(anomaly)
  const classes = [styles['row'], current && styles['current'], selected && styles['selected']]
  if (!fitting) classes.push(styles['dimmed'])
  return (
    <article className={classes.filter(Boolean).join(' ')} data-row={id} onFocus={() => onFocus(id)}>
      <label className={styles['select']}>
        <input
          type="checkbox"
          checked={selected}
          onChange={({ currentTarget, nativeEvent }) =>
            onSelect(id, currentTarget.checked, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
          }
          aria-label={`Select ${title.slice(0, 200)}`}
        />
      </label>
      <div className={styles['severity']}>
        <SeverityMark severity={severity} />
      </div>
      <div className={styles['words']}>
        <Link href={`/a/${id}`} className={styles['title']} data-row-link={id}>
          {title.slice(0, 300)}
        </Link>
        <p className={styles['message']}>
          {!livemode && <span className={styles['badge']}>Test</span>}
          {standing ? <Standing {...standing} /> : message.slice(0, 300)}
        </p>
      </div>
      <div className={styles['sparkline']}>
        <Sparkline id={id} />
      </div>
      <div className={styles['money']} title={impact ? money(impact) : undefined}>
        {impact ? money(impact) : ''}
      </div>
      <div className={styles['signs']} title={count(occurrences, 'sign')}>
        {occurrences.toLocaleString('en-US')}
        <span className={styles['unit']}>{occurrences === 1 ? ' sign' : ' signs'}</span>
      </div>
      <div className={styles['age']}>
        <Age at={detectedAt} />
      </div>
    </article>
  )
})
