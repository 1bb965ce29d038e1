import { memo, useState } from 'react'
import { money } from '../../text/money.ts'
import { duration } from '../../text/time.ts'
import { sentenceCase } from '../../text/words.ts'
import { Pairs } from '../../ui/screen.tsx'
import { Moment } from '../../ui/time.tsx'
import type { EventRow } from './documents.ts'
import styles from './events.module.css'
import { Payload } from './payload.tsx'

/** One event; opened, all that is known of it. */
export const Event = memo(function Event({ event }: { event: EventRow }) {
  const [open, setOpen] = useState(false)
  const { id, stripeId, type, createdAt, receivedAt, lagSeconds, status, error, livemode, amount } = event
  return (
    <details className={styles['event']} onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
      <summary>
        <span>{type}</span>
        <span className={styles['amount']}>{amount && money(amount)}</span>
        <code>{stripeId}</code>
        <span className={status === 'FAILED' ? styles['failed'] : styles['muted']}>
          {status === 'FAILED' ? 'Failed' : livemode ? '' : 'Test'}
        </span>
        <Moment at={receivedAt} />
      </summary>
      {open && (
        <>
          <Pairs
            pairs={[
              ['State', sentenceCase(status)],
              ['Created by Stripe', <Moment key="created" at={createdAt} />],
              ['Lag', duration(Math.max(0, lagSeconds))],
              ['Object', event.objectId ?? '–'],
              ['Customer', event.customerId ?? '–'],
              ['Account', event.account ?? '–'],
            ]}
          />
          {error !== null && <p className={styles['failed']}>{error}</p>}
          <Payload id={id} />
        </>
      )}
    </details>
  )
})
