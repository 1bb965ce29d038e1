import { useState } from 'react'
import { useQuery } from 'urql'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Section } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Endpoint } from './endpoint.tsx'
import { AddEndpoint, EndpointSettings } from './endpoint-documents.ts'
import { OneFieldDialog } from './one-field-dialog.tsx'

/** Where each of the tenant's Stripe accounts delivers to, and the secrets that it signs with. */
export function Endpoints() {
  const admin = isAdmin(useMe())
  const send = useSend()
  const [adding, setAdding] = useState(false)
  const [{ data, error }, again] = useQuery({ query: EndpointSettings, requestPolicy: 'cache-and-network' })
  if (error && !data?.tenant) return <Failed error={error} what="the endpoints" onRetry={again} />
  const endpoints = data?.tenant?.webhookEndpoints
  if (!endpoints) return <Skeleton height={280} />
  const reload = (): void => again({ requestPolicy: 'network-only' })
  return (
    <Section
      title="Webhook endpoints"
      about="One for each Stripe account. In Stripe’s dashboard, under Developers → Webhooks, add the URL and paste its signing secret here."
      action={
        admin && (
          <Button small look="primary" onClick={() => setAdding(true)}>
            New endpoint
          </Button>
        )
      }
    >
      {endpoints.map((endpoint) => (
        <Endpoint key={endpoint.id} endpoint={endpoint} admin={admin} onChanged={reload} />
      ))}
      {adding && (
        <OneFieldDialog
          title="New endpoint"
          label="Name"
          hint="For example the Stripe account’s name."
          verb="Create"
          onClose={() => setAdding(false)}
          onGiven={async (name) => {
            if (await send(AddEndpoint, { input: { name } })) reload()
          }}
        />
      )}
    </Section>
  )
}
