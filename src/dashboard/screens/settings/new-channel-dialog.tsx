import { useState } from 'react'
import type { VariablesOf } from '../../api/graphql.ts'
import { useSend } from '../../api/use-send.ts'
import { SEVERITIES, type Severity, severityWord } from '../../text/severity.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { CreateChannel } from './channel-documents.ts'

type Target = VariablesOf<typeof CreateChannel>['input']['target']

interface Kind {
  name: string
  label: string
  hint: string
  /** @param given what was filled in */
  target(given: string): Target
}

const KINDS: Readonly<Record<string, Kind>> = {
  email: {
    name: 'Mail',
    label: 'Addresses',
    hint: 'Separated by commas. Each is asked to agree first.',
    target: (given) => ({ email: { addresses: given.split(/[\s,;]+/).filter(Boolean) } }),
  },
  slack: {
    name: 'Slack',
    label: 'URL of an incoming webhook',
    hint: 'https://hooks.slack.com/services/…',
    target: (url) => ({ slack: { url } }),
  },
  teams: {
    name: 'Microsoft Teams',
    label: 'URL of a workflow',
    hint: 'The workflow “Post to a channel when a webhook request is received”.',
    target: (url) => ({ teams: { url } }),
  },
  discord: {
    name: 'Discord',
    label: 'URL of a webhook',
    hint: 'https://discord.com/api/webhooks/…',
    target: (url) => ({ discord: { url } }),
  },
  pagerDuty: {
    name: 'PagerDuty',
    label: 'Integration key',
    hint: 'Of an integration of the Events API v2.',
    target: (routingKey) => ({ pagerDuty: { routingKey } }),
  },
  webhook: {
    name: 'Webhook',
    label: 'URL',
    hint: 'https, reachable from the server. Requests are signed (Standard Webhooks).',
    target: (url) => ({ webhook: { url } }),
  },
}

interface NewChannelDialogProps {
  onClose: () => void
  /** @param secret with which a webhook's requests are signed; shown this once */
  onMade: (secret: string | null) => void
}

/** Asks where alerts are to go. */
export function NewChannelDialog({ onClose, onMade }: NewChannelDialogProps) {
  const send = useSend()
  const [kindName, setKindName] = useState('email')
  const [name, setName] = useState('')
  const [given, setGiven] = useState('')
  const [minSeverity, setMinSeverity] = useState<Severity>('HIGH')
  const kind = KINDS[kindName]
  const submit = async (): Promise<void> => {
    if (!kind) return
    const done = await send(CreateChannel, {
      input: { name: name.trim(), target: kind.target(given.trim()), routing: { minSeverity } },
    })
    if (!done?.createAlertChannel) return
    onMade(done.createAlertChannel.secret)
    onClose()
  }
  return (
    <Dialog title="New channel" onClose={onClose} onSubmit={submit}>
      <Select
        label="Kind"
        choices={Object.entries(KINDS).map(([key, { name: words }]) => [key, words] as const)}
        value={kindName}
        onChange={setKindName}
      />
      <Field
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
        maxLength={200}
      />
      {kind && (
        <Field
          label={kind.label}
          hint={kind.hint}
          value={given}
          onChange={(event) => setGiven(event.currentTarget.value)}
          required
          autoComplete="off"
        />
      )}
      <Select
        label="Least severity"
        choices={SEVERITIES.map(
          (severity) => [severity, `From ${severityWord(severity).toLowerCase()} on`] as const,
        )}
        value={minSeverity}
        onChange={setMinSeverity}
      />
      <Button type="submit" look="primary">
        Create
      </Button>
    </Dialog>
  )
}
