import { type ReactNode, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'

interface OneFieldDialogProps {
  title: string
  label: string
  hint: ReactNode
  verb: string
  /** Whether what is typed is not to be seen. */
  secret?: boolean
  onClose: () => void
  onGiven: (value: string) => void
}

/** Asks for one thing. */
export function OneFieldDialog({ title, label, hint, verb, secret, onClose, onGiven }: OneFieldDialogProps) {
  const [value, setValue] = useState('')
  const submit = (): void => {
    onGiven(value.trim())
    onClose()
  }
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit}>
      <Field
        label={label}
        hint={hint}
        type={secret ? 'password' : 'text'}
        autoComplete="off"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        required
        autoFocus
      />
      <Button type="submit" look="primary">
        {verb}
      </Button>
    </Dialog>
  )
}
