import { useState } from 'react'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Field } from '../../ui/field.tsx'
import styles from '../../ui/screen.module.css'
import { Card } from '../../ui/screen.tsx'
import { Moment } from '../../ui/time.tsx'
import { AddSecret, type EndpointWithSecrets, RetireSecret, RotateToken } from './endpoint-documents.ts'
import { OneFieldDialog } from './one-field-dialog.tsx'

interface EndpointProps {
  endpoint: EndpointWithSecrets
  admin: boolean
  onChanged: () => void
}

/** One endpoint: its URL, and the secrets that deliveries to it are signed with. */
export function Endpoint({ endpoint, admin, onChanged }: EndpointProps) {
  const send = useSend()
  const [asking, setAsking] = useState<'secret' | 'rotate'>()
  const [retiring, setRetiring] = useState<string>()
  const live = endpoint.secrets?.filter(({ retiredAt }) => retiredAt === null) ?? []
  const close = (): void => setAsking(undefined)
  return (
    <Card>
      <p className={styles['name']}>{endpoint.name.slice(0, 200)}</p>
      {endpoint.url !== null && (
        <Field label="URL" readOnly value={endpoint.url} onFocus={(event) => event.currentTarget.select()} />
      )}
      {endpoint.previousTokenExpiresAt !== null && (
        <p className={styles['muted']}>
          The URL before works until <Moment at={endpoint.previousTokenExpiresAt} />.
        </p>
      )}
      {admin && live.length === 0 && (
        <p>No signing secret yet: every delivery is refused until there is one.</p>
      )}
      {live.map(({ id, hint, createdAt }) => (
        <div className={styles['row']} key={id}>
          <p>
            Signing secret <code>{hint}</code>{' '}
            <span className={styles['muted']}>
              since <Moment at={createdAt} />
            </span>
          </p>
          {admin && (
            <Button small look="danger" onClick={() => setRetiring(id)}>
              Retire
            </Button>
          )}
        </div>
      ))}
      {admin && (
        <div className={styles['buttons']}>
          <Button small onClick={() => setAsking('secret')}>
            Add signing secret
          </Button>
          <Button small onClick={() => setAsking('rotate')}>
            Replace URL
          </Button>
        </div>
      )}
      {asking === 'secret' && (
        <OneFieldDialog
          title="Add signing secret"
          label="Signing secret"
          hint="whsec_…, as Stripe shows it beside the endpoint. The others stay valid."
          verb="Add"
          secret
          onClose={close}
          onGiven={async (secret) => {
            if (await send(AddSecret, { input: { endpointId: endpoint.id, secret } })) onChanged()
          }}
        />
      )}
      {asking === 'rotate' && (
        <ConfirmDialog
          title="Replace the URL?"
          verb="Replace"
          onClose={close}
          onConfirmed={() => send(RotateToken, { input: { endpointId: endpoint.id } })}
        >
          The present one works for another 24 hours: change it in Stripe meanwhile.
        </ConfirmDialog>
      )}
      {retiring !== undefined && (
        <ConfirmDialog
          title="Retire this signing secret?"
          verb="Retire"
          onClose={() => setRetiring(undefined)}
          onConfirmed={() => send(RetireSecret, { input: { id: retiring } })}
        >
          Deliveries that are signed with it are refused from now on.
        </ConfirmDialog>
      )}
    </Card>
  )
}
