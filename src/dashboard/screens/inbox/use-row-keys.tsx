import { type ReactNode, useState } from 'react'
import { useClient } from 'urql'
import { useLocation } from 'wouter'
import { type Act, allowed } from '../../api/acts.ts'
import { RowById } from '../../api/row.ts'
import { useAct } from '../../api/use-act.ts'
import { useActingRefused } from '../../api/use-connection.ts'
import { useKeys } from '../../keys/use-keys.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { FalsePositiveDialog } from '../acts/false-positive-dialog.tsx'
import { SnoozeDialog } from '../acts/snooze-dialog.tsx'

interface Rows {
  ids: readonly string[]
  selected: ReadonlySet<string>
  select: (id: string, on: boolean) => void
  showWaiting: () => void
  /** Scrolls a row into sight. */
  reveal: (index: number) => void
}

interface RowKeys {
  /** The row that the keys act on. */
  current: string | undefined
  setCurrent: (id: string) => void
  /** For what had the focus and is gone. */
  focusCurrent: () => void
  /** What a key has opened. */
  dialogs: ReactNode
}

/** Triage by keyboard: moving through the rows, and acting on the one that has the focus. */
export function useRowKeys({ ids, selected, select, showWaiting, reveal }: Rows): RowKeys {
  const client = useClient()
  const act = useAct()
  const toasts = useToasts()
  const refused = useActingRefused()
  const [, navigate] = useLocation()
  const [current, setCurrent] = useState<string>()
  const [asking, setAsking] = useState<'snooze' | 'falsePositive'>()

  const move = (by: number): void => {
    const at = current === undefined ? -1 : ids.indexOf(current)
    const index = Math.max(0, Math.min(ids.length - 1, at + by))
    const id = ids[index]
    if (id === undefined) return
    setCurrent(id)
    reveal(index)
    focusRow(id)
  }
  const may = (kind: Act['kind']): boolean => {
    const row = current && client.readQuery(RowById, { id: current })?.data?.anomaly
    if (!row) return false
    if (refused !== undefined) toasts.show({ text: refused })
    return refused === undefined && allowed(kind, row)
  }
  const run = (chosen: Act): void => {
    if (current !== undefined && may(chosen.kind)) void act(current, chosen)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    x: () => current !== undefined && select(current, !selected.has(current)),
    Enter: () => current !== undefined && navigate(`/a/${current}`),
    r: () => run({ kind: 'reopen' }),
    '.': showWaiting,
    // With some selected these are for all of them.
    ...(selected.size === 0 && {
      a: () => run({ kind: 'acknowledge' }),
      e: () => run({ kind: 'resolve' }),
      s: () => may('snooze') && setAsking('snooze'),
      f: () => may('falsePositive') && setAsking('falsePositive'),
    }),
  })
  const focusCurrent = (): void => {
    if (current !== undefined) focusRow(current)
  }
  const close = (): void => {
    setAsking(undefined)
    focusCurrent()
  }
  const dialogs = (
    <>
      {asking === 'snooze' && <SnoozeDialog onClose={close} onChosen={run} />}
      {asking === 'falsePositive' && <FalsePositiveDialog onClose={close} onChosen={run} />}
    </>
  )
  return { current, setCurrent, focusCurrent, dialogs }
}

/** A row that was out of sight is there some frames after it was scrolled to. */
const focusRow = (id: string, frames = 5): void => {
  requestAnimationFrame(() => {
    const link = document.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(id)}"]`)
    if (link) link.focus({ preventScroll: true })
    else if (frames > 0) focusRow(id, frames - 1)
  })
}
