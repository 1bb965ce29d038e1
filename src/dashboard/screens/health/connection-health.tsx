import { graphql, type ResultOf } from '../../api/graphql.ts'
import { sentenceCase } from '../../text/words.ts'
import styles from '../../ui/screen.module.css'
import { Card, Pairs } from '../../ui/screen.tsx'
import { State } from '../../ui/state.tsx'
import { Moment } from '../../ui/time.tsx'

export const ConnectionFigures = graphql(`
  fragment ConnectionFigures on StripeConnection @_unmask {
    id
    account
    livemode
    keyHint
    state
    trouble
    stripeEndpointStatus
    permissions { name granted }
    completeness { through atStripe stored filled missing }
    imports { id kind state read stored startedAt error }
  }
`)

type Figures = ResultOf<typeof ConnectionFigures>

const MOODS: Readonly<Record<Figures['state'], 'good' | 'bad' | 'plain'>> = {
  CONNECTED: 'good',
  LIMITED: 'plain',
  REVOKED: 'bad',
}

/** One connection to Stripe's API: whether all events that Stripe has are here. */
export function ConnectionHealth({ connection }: { connection: Figures }) {
  const { account, livemode, keyHint, state, trouble, stripeEndpointStatus, permissions, completeness } =
    connection
  const { through, atStripe, stored, filled, missing } = completeness
  const lacking = permissions.filter(({ granted }) => !granted).map(({ name }) => name)
  const [latest] = connection.imports
  const number = (value: number): string => value.toLocaleString('en-US')
  return (
    <Card>
      <div className={styles['head']}>
        <p className={styles['name']}>
          {account ?? 'Stripe account'} {!livemode && '(test mode)'} <code>{keyHint}</code>
        </p>
        <State word={sentenceCase(state)} mood={MOODS[state]} />
      </div>
      {trouble !== null && <p>{trouble}</p>}
      {trouble === null && lacking.length > 0 && <p>Its key lacks permissions: {lacking.join(', ')}.</p>}
      <p>
        {through === null ? (
          'Not compared with Stripe yet.'
        ) : (
          <>
            Nothing is missing up to <Moment at={through} />.
          </>
        )}
      </p>
      <Pairs
        pairs={[
          ['At Stripe', number(atStripe)],
          ['Stored', number(stored)],
          ['Filled in', number(filled)],
          ['Missing', number(missing)],
          ['Endpoint at Stripe', stripeEndpointStatus === null ? '–' : sentenceCase(stripeEndpointStatus)],
        ]}
      />
      {latest && (
        <p className={styles['muted']}>
          {sentenceCase(latest.kind)} of <Moment at={latest.startedAt} />:{' '}
          {sentenceCase(latest.state).toLowerCase()}, {number(latest.read)} read, {number(latest.stored)}{' '}
          stored
          {latest.error !== null && `: ${latest.error}`}
        </p>
      )}
    </Card>
  )
}
