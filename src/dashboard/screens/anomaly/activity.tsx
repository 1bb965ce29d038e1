import { type FormEvent, useEffect, useState } from 'react'
import { useClient, useQuery } from 'urql'
import { Comment } from '../../api/acts.ts'
import { sentenceOf } from '../../api/problems.ts'
import { useActingRefused, useConnection } from '../../api/use-connection.ts'
import { useKeys } from '../../keys/use-keys.ts'
import { count, sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { Age } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import styles from './anomaly.module.css'
import { AnomalyHistory } from './documents.ts'

/** What became of it so far, who did what, and room for words. */
export function Activity({ id }: { id: string }) {
  const { feed } = useConnection()
  const [{ data, error }, again] = useQuery({
    query: AnomalyHistory,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  useEffect(
    () => feed.listen((changed) => changed.id === id && again({ requestPolicy: 'network-only' })),
    [feed, id, again],
  )
  const acts = data?.anomaly?.activity?.nodes
  const alerts = data?.anomaly?.alerts ?? []
  return (
    <section aria-labelledby="activity">
      <h2 id="activity">Activity</h2>
      {error && <Failed error={error} what="the activity" onRetry={again} />}
      {!acts && !error && <Skeleton height={120} />}
      <ol className={styles['acts']}>
        {acts?.map(({ id: act, at, kind, note, actor }) => (
          <li key={act}>
            <p>
              <strong>{actor.kind === 'SYSTEM' ? 'BillingWatch' : actor.name}</strong> {wordsOf(kind)}{' '}
              <span className={styles['muted']}>
                <Age at={at} />
              </span>
            </p>
            {note !== null && <p className={styles['note']}>{note}</p>}
          </li>
        ))}
      </ol>
      {alerts.length > 0 && (
        <p className={styles['muted']}>
          {count(alerts.filter(({ state }) => state === 'DELIVERED').length, 'alert')} delivered
          {alerts
            .filter(({ state }) => state === 'FAILED')
            .map(({ channel, why }) => ` · ${channel?.name ?? 'a channel'} failed: ${why ?? ''}`)
            .join('')}
        </p>
      )}
      <CommentForm id={id} onSent={() => again({ requestPolicy: 'network-only' })} />
    </section>
  )
}

const WORDS: Readonly<Record<string, string>> = {
  ANOMALY_RAISED: 'raised it',
  ANOMALY_UPDATED: 'saw it grow',
  ANOMALY_ENDED: 'saw it end',
  ANOMALY_REOPENED: 'reopened it',
  ANOMALY_ACKNOWLEDGED: 'acknowledged it',
  ANOMALY_RESOLVED: 'resolved it',
  ANOMALY_MARKED_FALSE_POSITIVE: 'marked it as a false positive',
  ANOMALY_COMMENTED: 'commented',
  ANOMALY_SNOOZED: 'snoozed it',
  ANOMALY_UNSNOOZED: 'ended its snooze',
  ANOMALY_ACT_UNDONE: 'took an act back',
}

const wordsOf = (kind: string): string => WORDS[kind] ?? sentenceCase(kind)

function CommentForm({ id, onSent }: { id: string; onSent: () => void }) {
  const client = useClient()
  const toasts = useToasts()
  const refused = useActingRefused()
  const [text, setText] = useState('')
  useKeys({ c: () => document.querySelector<HTMLElement>('#comment textarea')?.focus() })

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const { data, error } = await client.mutation(Comment, { input: { id, text: text.trim() } })
    if (!data?.done) return toasts.show({ text: sentenceOf(error) })
    setText('')
    onSent()
  }

  return (
    <form id="comment" className={styles['comment']} onSubmit={submit}>
      <TextField label="Comment" value={text} onChange={setText} required />
      <Button type="submit" small disabledBecause={refused}>
        Comment
      </Button>
    </form>
  )
}
