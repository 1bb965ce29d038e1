import { useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'

interface SecretDialogProps {
  title: string
  secret: string
  onClose: () => void
}

/** Shows a new secret, once. */
export function SecretDialog({ title, secret, onClose }: SecretDialogProps) {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={title} onClose={onClose} onSubmit={onClose}>
      <Field
        label="Keep it now: it is not shown again"
        readOnly
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        look="primary"
        onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}
      >
        {copied ? 'Copied' : 'Copy'}
      </Button>
      <Button type="submit">Done</Button>
    </Dialog>
  )
}
