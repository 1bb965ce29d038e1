import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react'
import { Button } from './button.tsx'
import styles from './dialog.module.css'

interface DialogProps {
  title: string
  onClose: () => void
  /** Makes a form of the content: called on Enter and by its submit button. */
  onSubmit?: () => void
  children: ReactNode
}

/** A question in front of the page. The browser keeps the focus inside, closes it on Esc, and gives it back. */
export function Dialog({ title, onClose, onSubmit, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSubmit?.()
  }
  return (
    <dialog ref={dialog} className={styles['dialog']} aria-labelledby={id} onCancel={onClose}>
      <form className={styles['content']} onSubmit={submit}>
        <div className={styles['head']}>
          <h2 id={id}>{title}</h2>
          <Button look="quiet" small onClick={onClose} aria-label="Close">
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
              <path d="M1 1 L11 11 M11 1 L1 11" stroke="currentColor" strokeWidth="1.5" />
            </svg>
          </Button>
        </div>
        {children}
      </form>
    </dialog>
  )
}
