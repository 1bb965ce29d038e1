import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { useKeys } from '../keys/use-keys.ts'
import { Button } from './button.tsx'
import styles from './toasts.module.css'

interface Toast {
  text: string
  action?: { label: string; run: () => void }
}

interface Toasts {
  show(toast: Toast): void
}

/** How long there is to undo something, as long as neither pointer nor focus rests on it. Milliseconds. */
const SHOWN = 10_000

const Context = createContext<Toasts>({ show: () => {} })

export const useToasts = (): Toasts => useContext(Context)

/** Says what was just done, at the bottom of the page, the newest only; `z` undoes it. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<Toast & { number: number }>()
  const numbers = useRef(0)
  const toasts = useMemo(
    () => ({ show: (next: Toast) => setToast({ ...next, number: ++numbers.current }) }),
    [],
  )
  const act = (): void => {
    setToast(undefined)
    toast?.action?.run()
  }
  useKeys({ z: () => toast?.action && act() })
  return (
    <Context value={toasts}>
      {children}
      <div className={styles['place']}>
        {toast && <Shown key={toast.number} toast={toast} onAct={act} onOver={() => setToast(undefined)} />}
        <output className={styles['spoken']}>{toast?.text}</output>
      </div>
    </Context>
  )
}

interface ShownProps {
  toast: Toast
  onAct: () => void
  onOver: () => void
}

function Shown({ toast, onAct, onOver }: ShownProps) {
  const place = useRef<HTMLDivElement>(null)
  const over = useRef(onOver)
  useEffect(() => {
    const shown = place.current
    const listening = new AbortController()
    let timer = setTimeout(() => over.current(), SHOWN)
    const on = (name: string, handle: () => void): void =>
      shown?.addEventListener(name, handle, { signal: listening.signal })
    for (const name of ['pointerenter', 'focusin']) on(name, () => clearTimeout(timer))
    for (const name of ['pointerleave', 'focusout'])
      on(name, () => {
        clearTimeout(timer)
        timer = setTimeout(() => over.current(), SHOWN)
      })
    return () => {
      listening.abort()
      clearTimeout(timer)
    }
  }, [])
  return (
    <div className={styles['toast']} ref={place}>
      <span>{toast.text}</span>
      {toast.action && (
        <Button look="quiet" small onClick={onAct} aria-keyshortcuts="z">
          {toast.action.label}
        </Button>
      )}
    </div>
  )
}
