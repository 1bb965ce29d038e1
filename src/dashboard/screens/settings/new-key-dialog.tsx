import { useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'

const CreateKey = graphql(`
  mutation CreateKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { apiKey { id } secret }
  }
`)

const ROLES = [
  ['VIEWER', 'Viewer: reads'],
  ['MEMBER', 'Member: also acts on anomalies'],
  ['ADMIN', 'Admin: also manages keys and settings'],
] as const

interface NewKeyDialogProps {
  onClose: () => void
  /** @param secret the key itself, which is shown this once */
  onMade: (secret: string) => void
}

/** Asks whom the key is for, and what it may do. */
export function NewKeyDialog({ onClose, onMade }: NewKeyDialogProps) {
  const send = useSend()
  const [name, setName] = useState('')
  const [role, setRole] = useState<(typeof ROLES)[number][0]>('MEMBER')
  const submit = async (): Promise<void> => {
    const done = await send(CreateKey, { input: { name: name.trim(), role } })
    if (!done?.createApiKey) return
    onMade(done.createApiKey.secret)
    onClose()
  }
  return (
    <Dialog title="New API key" onClose={onClose} onSubmit={submit}>
      <Field
        label="Name"
        hint="The person or the program that it is for."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
        maxLength={200}
        autoFocus
      />
      <Select label="Role" choices={ROLES} value={role} onChange={setRole} />
      <Button type="submit" look="primary">
        Create
      </Button>
    </Dialog>
  )
}
