import { useEffect, useRef } from 'react'
import { now } from '../clock.ts'
import { type KeyMap, KeyReader } from './reader.ts'
import { keysAreOn } from './switch.ts'

/** Lets keys act while the component is shown. */
export function useKeys(map: KeyMap): void {
  const latest = useRef(map)
  useEffect(() => {
    latest.current = map
  })
  useEffect(() => {
    const reader = new KeyReader()
    const onKey = (event: KeyboardEvent): void => {
      if (!isForThePage(event) || !keysAreOn()) return
      const action = reader.press(event.key, now(), latest.current)
      if (!action) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

/** Where keys are text, or belong to a control. */
const TYPING = 'input:not([type="checkbox"]), textarea, select, [contenteditable], dialog[open] *'

/** What Enter presses. Not the link of a row: the focus follows the keys a frame late. */
const PRESSED = 'a[href]:not([data-row-link]), button, summary'

/** Whether a key press is meant for the page rather than for a control or the browser. */
const isForThePage = (event: KeyboardEvent): boolean =>
  !event.defaultPrevented &&
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  !(
    event.target instanceof Element &&
    event.target.matches(event.key === 'Enter' ? `${TYPING}, ${PRESSED}` : TYPING)
  ) &&
  document.querySelector('dialog[open]') === null
