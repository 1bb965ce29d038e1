import { useState } from 'react'
import { useSend } from '../../api/use-send.ts'
import { sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { ChannelState } from '../../ui/channel-state.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import styles from '../../ui/screen.module.css'
import { Card, Pairs } from '../../ui/screen.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import {
  type ChannelRow,
  DeleteChannel,
  EnableChannel,
  TestChannel,
  UpdateChannel,
  VerifyAddress,
} from './channel-documents.ts'
import { Deliveries } from './deliveries.tsx'
import { OneFieldDialog } from './one-field-dialog.tsx'

interface ChannelProps {
  channel: ChannelRow
  admin: boolean
  onChanged: () => void
}

/** One channel: whether it works, its test, and what went there. */
export function Channel({ channel, admin, onChanged }: ChannelProps) {
  const { id, name, kind, state, stateReason, target, addresses, routing } = channel
  const [deleting, setDeleting] = useState(false)
  const [verifying, setVerifying] = useState<string>()
  const [log, setLog] = useState(false)
  const send = useSend()
  const test = useTest(id)
  const unverified = addresses.filter((one) => one.state === 'UNVERIFIED')
  return (
    <Card>
      <p className={styles['name']}>{name}</p>
      <Pairs
        pairs={[
          ['Kind', sentenceCase(kind)],
          ['State', <ChannelState key="state" state={state} stateReason={stateReason} />],
          ['To', target],
          ['From severity', sentenceCase(routing.minSeverity)],
        ]}
      />
      {stateReason !== null && <p>{stateReason}</p>}
      {admin && (
        <div className={styles['buttons']}>
          <Button small disabledBecause={test.busy ? 'Sending …' : undefined} onClick={test.run}>
            Send a test
          </Button>
          {state === 'DISABLED' && (
            <Button small onClick={() => send(EnableChannel, { input: { id } })}>
              Switch on again
            </Button>
          )}
          {(state === 'ACTIVE' || state === 'PAUSED') && (
            <Button small onClick={() => send(UpdateChannel, { input: { id, paused: state === 'ACTIVE' } })}>
              {state === 'ACTIVE' ? 'Pause' : 'Resume'}
            </Button>
          )}
          {unverified.map(({ address }) => (
            <Button small key={address} onClick={() => setVerifying(address)}>
              Confirm {address}
            </Button>
          ))}
          <Button small look="danger" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </div>
      )}
      <details onToggle={(event) => setLog(event.currentTarget.open)}>
        <summary>What was sent</summary>
        {log && <Deliveries id={id} />}
      </details>
      {deleting && (
        <ConfirmDialog
          title={`Delete ${name.slice(0, 100)}?`}
          verb="Delete"
          onClose={() => setDeleting(false)}
          onConfirmed={async () => {
            if (await send(DeleteChannel, { input: { id } })) onChanged()
          }}
        >
          Nothing goes there any more, and the log of what was sent is deleted with it.
        </ConfirmDialog>
      )}
      {verifying !== undefined && (
        <OneFieldDialog
          title="Confirm the address"
          label="Code"
          hint={`The six digits of the mail to ${verifying}.`}
          verb="Confirm"
          onClose={() => setVerifying(undefined)}
          onGiven={(code) => send(VerifyAddress, { input: { id, address: verifying, code } })}
        />
      )}
    </Card>
  )
}

/** Really sends something, and says what became of it. */
function useTest(id: string): { busy: boolean; run: () => void } {
  const send = useSend()
  const toasts = useToasts()
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    const done = await send(TestChannel, { input: { id } })
    setBusy(false)
    const delivery = done?.testAlertChannel?.alertDelivery
    if (!delivery) return
    const reason = delivery.why ?? delivery.attempts.at(-1)?.error
    toasts.show({
      text:
        delivery.state === 'DELIVERED'
          ? 'The test was delivered'
          : `The test was not delivered${reason ? `: ${reason}` : ''}`,
    })
  }
  return { busy, run: () => void run() }
}
