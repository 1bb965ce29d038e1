import { graphql, type ResultOf } from '../../api/graphql.ts'
import { duration } from '../../text/time.ts'
import { sentenceCase } from '../../text/words.ts'
import styles from '../../ui/screen.module.css'
import { Card, Pairs } from '../../ui/screen.tsx'
import { State } from '../../ui/state.tsx'
import { Age } from '../../ui/time.tsx'

export const HealthFigures = graphql(`
  fragment HealthFigures on TenantHealth @_unmask {
    status
    reasons
    waitingEvents
    oldestWaitingSeconds
    lastEventAt
  }
`)

type Figures = ResultOf<typeof HealthFigures>

export const HEALTH_MOODS: Readonly<Record<Figures['status'], 'good' | 'bad' | 'plain'>> = {
  HEALTHY: 'good',
  QUIET: 'plain',
  NEVER: 'plain',
  DEGRADED: 'bad',
  FAILING: 'bad',
}

const WORDS: Readonly<Record<Figures['status'], string>> = {
  HEALTHY: 'Events arrive and are judged.',
  QUIET: 'No event came in the last hour, which may be usual.',
  NEVER: 'There was no event yet: add the webhook URL under Settings → Endpoints in Stripe.',
  DEGRADED: 'Some events do not arrive, or are judged late.',
  FAILING: 'No events arrive, or none are judged.',
}

/** Whether events arrive and are judged, in one word, and what is wrong. */
export function TenantHealth({ health }: { health: Figures }) {
  const { status, reasons, waitingEvents, oldestWaitingSeconds, lastEventAt } = health
  return (
    <Card>
      <div className={styles['head']}>
        <p className={styles['name']}>{WORDS[status]}</p>
        <State word={sentenceCase(status)} mood={HEALTH_MOODS[status]} />
      </div>
      {reasons.length > 0 && (
        <ul className={styles['reasons']}>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <Pairs
        pairs={[
          ['Last event', lastEventAt === null ? 'Never' : <Age key="last" at={lastEventAt} />],
          ['Waiting to be judged', waitingEvents.toLocaleString('en-US')],
          ['The oldest waits', oldestWaitingSeconds === null ? '–' : duration(oldestWaitingSeconds)],
        ]}
      />
    </Card>
  )
}
