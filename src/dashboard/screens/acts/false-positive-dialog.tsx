import { useState } from 'react'
import type { Act } from '../../api/acts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/text-field.tsx'

interface FalsePositiveDialogProps {
  onClose: () => void
  onChosen: (act: Act) => void
}

/** Asks why it was a false alarm: the detector's statistics and the next reader live on that. */
export function FalsePositiveDialog({ onClose, onChosen }: FalsePositiveDialogProps) {
  const [reason, setReason] = useState('')
  const submit = (): void => {
    onChosen({ kind: 'falsePositive', reason: reason.trim() })
    onClose()
  }
  return (
    <Dialog title="Mark as a false positive" onClose={onClose} onSubmit={submit}>
      <TextField
        label="Why was it a false alarm?"
        hint="For example: a planned sale, a test by our own people, a known import."
        value={reason}
        onChange={setReason}
        required
        autoFocus
      />
      <Button type="submit" look="primary">
        Mark as false positive
      </Button>
    </Dialog>
  )
}
