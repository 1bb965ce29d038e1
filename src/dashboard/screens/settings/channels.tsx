import { useState } from 'react'
import { useQuery } from 'urql'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Section } from '../../ui/screen.tsx'
import { SecretDialog } from '../../ui/secret-dialog.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Channel } from './channel.tsx'
import { Channels as ChannelsDocument } from './channel-documents.ts'
import { NewChannelDialog } from './new-channel-dialog.tsx'

/** Where people hear of anomalies when they are not here. */
export function Channels() {
  const admin = isAdmin(useMe())
  const [{ data, error }, again] = useQuery({ query: ChannelsDocument, requestPolicy: 'cache-and-network' })
  const [making, setMaking] = useState(false)
  const [secret, setSecret] = useState<string>()
  if (error && !data?.alertChannels) return <Failed error={error} what="the channels" onRetry={again} />
  const channels = data?.alertChannels
  if (!channels) return <Skeleton height={240} />
  const reload = (): void => again({ requestPolicy: 'network-only' })
  return (
    <Section
      title="Alert channels"
      about="Mail, chat, PagerDuty or a webhook of your own. Each has its own rules; by default it hears of what is high or critical."
      action={
        admin && (
          <Button small look="primary" onClick={() => setMaking(true)}>
            New channel
          </Button>
        )
      }
    >
      {channels.length === 0 && (
        <Empty title="Nobody is alerted yet">Add a channel, and test it with one click.</Empty>
      )}
      {channels.map((channel) => (
        <Channel key={channel.id} channel={channel} admin={admin} onChanged={reload} />
      ))}
      {making && (
        <NewChannelDialog
          onClose={() => setMaking(false)}
          onMade={(signingSecret) => {
            if (signingSecret !== null) setSecret(signingSecret)
            reload()
          }}
        />
      )}
      {secret !== undefined && (
        <SecretDialog title="Signing secret" secret={secret} onClose={() => setSecret(undefined)} />
      )}
    </Section>
  )
}
