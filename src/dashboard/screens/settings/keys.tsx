import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Section } from '../../ui/screen.tsx'
import { SecretDialog } from '../../ui/secret-dialog.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Ago, Moment } from '../../ui/time.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'

const ApiKeys = graphql(`
  query ApiKeys {
    tenant {
      id
      apiKeys(last: 100) { nodes { id name role prefix createdAt lastUsedAt expiresAt revokedAt } }
    }
  }
`)

type Key = NonNullable<NonNullable<ResultOf<typeof ApiKeys>['tenant']>['apiKeys']>['nodes'][number]

const RevokeKey = graphql(`
  mutation RevokeKey($input: RevokeApiKeyInput!) {
    revokeApiKey(input: $input) { apiKey { id revokedAt } }
  }
`)

/** Who and what may use the API. */
export function Keys() {
  const admin = isAdmin(useMe())
  const send = useSend()
  const [{ data, error }, again] = useQuery({
    query: ApiKeys,
    requestPolicy: 'cache-and-network',
    pause: !admin,
  })
  const [making, setMaking] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [revoking, setRevoking] = useState<Key>()
  if (!admin) return null
  if (error) return <Failed error={error} what="the keys" onRetry={again} />
  const keys = data?.tenant?.apiKeys?.nodes
  if (!keys) return <Skeleton height={240} />
  return (
    <Section
      title="API keys"
      about="People sign in with one, programs send one. A person gets one of their own, so that it can be revoked alone."
      action={
        <Button small look="primary" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      <ul className={styles['rows']}>
        {[...keys].reverse().map((key) => (
          <li key={key.id} className={styles['row']}>
            <div>
              <p className={styles['name']}>{key.name.slice(0, 200)}</p>
              <p className={styles['muted']}>
                <code>{key.prefix}…</code> · {sentenceCase(key.role)} · <Use {...key} />
              </p>
            </div>
            {key.revokedAt === null && (
              <Button small look="danger" onClick={() => setRevoking(key)}>
                Revoke
              </Button>
            )}
          </li>
        ))}
      </ul>
      {making && (
        <NewKeyDialog
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setSecret(made)
            again({ requestPolicy: 'network-only' })
          }}
        />
      )}
      {secret !== undefined && (
        <SecretDialog title="New key" secret={secret} onClose={() => setSecret(undefined)} />
      )}
      {revoking && (
        <ConfirmDialog
          title={`Revoke ${revoking.name.slice(0, 100)}?`}
          verb="Revoke"
          onClose={() => setRevoking(undefined)}
          onConfirmed={() => send(RevokeKey, { input: { id: revoking.id } })}
        >
          Whoever uses it is cut off within a second, for good.
        </ConfirmDialog>
      )}
    </Section>
  )
}

function Use({ revokedAt, expiresAt, lastUsedAt }: Key) {
  if (revokedAt !== null)
    return (
      <>
        revoked <Moment at={revokedAt} />
      </>
    )
  return (
    <>
      {lastUsedAt === null ? 'never used' : 'used '}
      {lastUsedAt !== null && <Ago at={lastUsedAt} />}
      {expiresAt !== null && ', expires '}
      {expiresAt !== null && <Moment at={expiresAt} />}
    </>
  )
}
