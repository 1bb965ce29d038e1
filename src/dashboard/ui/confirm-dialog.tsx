import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmDialogProps {
  title: string
  /** What follows from it. */
  children: ReactNode
  /** What the button does, e.g. `Revoke`. */
  verb: string
  onClose: () => void
  onConfirmed: () => void
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, children, verb, onClose, onConfirmed }: ConfirmDialogProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => {
        onConfirmed()
        onClose()
      }}
    >
      <p>{children}</p>
      <Button type="submit" look="danger">
        {verb}
      </Button>
    </Dialog>
  )
}
