import { type ReactNode, useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useKeys } from '../../keys/use-keys.ts'
import { DETECTORS } from '../../text/detectors.ts'
import { SEVERITIES, severityWord } from '../../text/severity.ts'
import { sentenceCase } from '../../text/words.ts'
import { Select } from '../../ui/select.tsx'
import { type InboxSearch, ORDERS, VIEW_NAMES, VIEWS } from './search.ts'
import styles from './toolbar.module.css'

interface ToolbarProps {
  search: InboxSearch
  onChange: (change: Partial<InboxSearch>) => void
  /** Beside the views, and in place of the filters: they come and go, and nothing below may move. */
  besideViews: ReactNode
  inPlaceOfFilters: ReactNode
  /** The filters are asked for while something is in their place. */
  onUncover: () => void
}

const ANY = 'ANY'
const SEVERITY_CHOICES = [
  [ANY, 'Any severity'] as const,
  ...SEVERITIES.map((severity) => [severity, severityWord(severity)] as const),
]
const DETECTOR_CHOICES = [
  [ANY, 'Any detector'] as const,
  ...DETECTORS.map((name) => [name, sentenceCase(name)] as const),
]
const ORDER_CHOICES = [
  ['newest', ORDERS.newest],
  ['severity', ORDERS.severity],
  ['money', ORDERS.money],
] as const

/** Views, filters and the search of the inbox. */
export function Toolbar({ search, onChange, besideViews, inPlaceOfFilters, onUncover }: ToolbarProps) {
  return (
    <div className={styles['toolbar']}>
      <div className={styles['line']}>
        <nav className={styles['views']} aria-label="Views">
          {VIEW_NAMES.map((view) => (
            <button
              key={view}
              type="button"
              className={styles['view']}
              aria-pressed={view === search.view}
              onClick={() => onChange({ view })}
            >
              {VIEWS[view]}
            </button>
          ))}
        </nav>
        {besideViews}
      </div>
      <div className={styles['tools']}>
        <div className={styles['filters']} data-covered={inPlaceOfFilters !== null}>
          <SearchBox
            value={search.search}
            onChange={(words) => onChange({ search: words })}
            onAsked={onUncover}
          />
          <Select
            label="Severity"
            choices={SEVERITY_CHOICES}
            value={search.severity ?? ANY}
            onChange={(severity) => onChange({ severity: severity === ANY ? undefined : severity })}
          />
          <Select
            label="Detector"
            choices={DETECTOR_CHOICES}
            value={search.detector ?? ANY}
            onChange={(detector) => onChange({ detector: detector === ANY ? undefined : detector })}
          />
          <Select
            label="Order"
            choices={ORDER_CHOICES}
            value={search.order}
            onChange={(order) => onChange({ order })}
          />
        </div>
        {inPlaceOfFilters}
      </div>
    </div>
  )
}

/** The list follows when typing pauses. Milliseconds. */
const PAUSE = 250

interface SearchBoxProps {
  value: string
  onChange: (words: string) => void
  /** By its key, before it has the focus. */
  onAsked: () => void
}

function SearchBox({ value, onChange, onAsked }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(value)
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(() => latest.current(typed), PAUSE)
    return () => clearTimeout(timer)
  }, [typed, value])
  useKeys({
    '/': () => {
      // The next key is text already, so it is not to find the focus elsewhere.
      flushSync(onAsked)
      input.current?.focus()
    },
  })
  return (
    <input
      ref={input}
      type="search"
      className={styles['search']}
      aria-label="Search"
      aria-keyshortcuts="/"
      placeholder="Title or Stripe id"
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  )
}
