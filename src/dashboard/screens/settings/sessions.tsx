import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Section } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { State } from '../../ui/state.tsx'
import { Ago, Moment } from '../../ui/time.tsx'

const SessionList = graphql(`
  query Sessions {
    tenant { id sessions { id name createdAt lastUsedAt expiresAt endedAt current apiKey { id name } } }
  }
`)

type SessionRow = NonNullable<NonNullable<ResultOf<typeof SessionList>['tenant']>['sessions']>[number]

const RevokeSession = graphql(`
  mutation RevokeSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) { session { id endedAt } }
  }
`)

/** Who is signed in to this page, and who was lately. */
export function Sessions() {
  const admin = isAdmin(useMe())
  const send = useSend()
  const [{ data, error }, again] = useQuery({
    query: SessionList,
    requestPolicy: 'cache-and-network',
    pause: !admin,
  })
  const [ending, setEnding] = useState<SessionRow>()
  if (!admin) return null
  if (error) return <Failed error={error} what="the sessions" onRetry={again} />
  const sessions = data?.tenant?.sessions
  if (!sessions) return <Skeleton height={240} />
  return (
    <Section
      title="Sessions"
      about="Who is signed in to this page, and who was in the last week. A session ends with its key, 12 hours after its last use, and 7 days after it began."
    >
      {sessions.length === 0 && (
        <p className={styles['muted']}>Nobody is signed in with a key of this tenant.</p>
      )}
      {sessions.length > 0 && (
        <ul className={styles['rows']}>
          {sessions.map((session) => (
            <li key={session.id} className={styles['row']}>
              <div>
                <p className={styles['name']}>{session.name.slice(0, 200)}</p>
                <p className={styles['muted']}>
                  {session.apiKey && `Key ${session.apiKey.name.slice(0, 100)} · `}since{' '}
                  <Moment at={session.createdAt} /> · used <Ago at={session.lastUsedAt} />
                </p>
              </div>
              <Standing session={session} />
              {session.endedAt === null && !session.current && (
                <Button
                  small
                  look="danger"
                  onClick={() => setEnding(session)}
                  aria-label={`Revoke the session of ${session.name.slice(0, 100)}`}
                >
                  Revoke
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {ending && (
        <ConfirmDialog
          title={`Sign ${ending.name.slice(0, 100)} out?`}
          verb="Revoke"
          onClose={() => setEnding(undefined)}
          onConfirmed={() => send(RevokeSession, { input: { id: ending.id } })}
        >
          That page goes to its sign-in within a second. Its key stays good: revoke that, too, if nobody
          should use it.
        </ConfirmDialog>
      )}
    </Section>
  )
}

function Standing({ session: { endedAt, current } }: { session: SessionRow }) {
  if (current) return <State word="This one" mood="good" />
  return endedAt === null ? <State word="Signed in" mood="good" /> : <State word="Ended" />
}
