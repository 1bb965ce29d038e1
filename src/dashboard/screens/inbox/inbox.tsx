import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useLocation, useSearch } from 'wouter'
import { useMe } from '../../api/use-connection.ts'
import { count } from '../../text/words.ts'
import { Failed } from '../../ui/failed.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { Bulk } from './bulk.tsx'
import { EmptyInbox } from './empty-inbox.tsx'
import { fits } from './filter.ts'
import styles from './inbox.module.css'
import { rememberList } from './last-list.ts'
import { Row } from './row.tsx'
import { type InboxSearch, inboxAddress, parseInbox, VIEWS } from './search.ts'
import { SkeletonRows } from './skeleton-rows.tsx'
import { Strip } from './strip.tsx'
import { Toolbar } from './toolbar.tsx'
import { useAttention } from './use-attention.ts'
import { useInbox } from './use-inbox.ts'
import { useRowKeys } from './use-row-keys.tsx'

const NONE: ReadonlySet<string> = new Set()

/** What is wrong, newest first, and what to do about it: live. */
export function Inbox() {
  const me = useMe()
  const query = useSearch()
  const [, navigate] = useLocation()
  const search = useMemo(() => parseInbox(query), [query])
  const [selected, setSelected] = useState(NONE)
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useRef<VirtualizerHandle>(null)
  const attention = useAttention(scroller)
  const mayMove = () => attention({ selected: selected.size, newestFirst: search.order === 'newest' })
  const inbox = useInbox(search, me.name, mayMove)
  const { shown, waiting } = inbox.list
  useEffect(() => rememberList(shown), [shown])
  useTitle(waiting.length > 0 ? `(${waiting.length}) ${VIEWS[search.view]}` : VIEWS[search.view])

  const change = (next: Partial<InboxSearch>): void => {
    setSelected(NONE)
    navigate(inboxAddress({ ...search, ...next }), { replace: true })
  }
  const select = useCallback((id: string, on: boolean): void => {
    setSelected((before) => {
      const after = new Set(before)
      if (on) after.add(id)
      else after.delete(id)
      return after
    })
  }, [])
  const showWaiting = (): void => {
    inbox.showWaiting()
    scroller.current?.scrollTo({ top: 0 })
  }
  const { current, setCurrent, dialogs } = useRowKeys({
    ids: shown,
    selected,
    select,
    showWaiting,
    reveal: (index) => virtualizer.current?.scrollToIndex(index, { align: 'nearest' }),
  })
  const isFitting = useCallback(
    (anomaly: Parameters<typeof fits>[0]) => fits(anomaly, search, me.name),
    [search, me.name],
  )

  return (
    <div className={styles['screen']} ref={scroller} tabIndex={-1}>
      <h1 className={styles['heading']}>Inbox</h1>
      <Strip />
      <div className={styles['bar']}>
        <Toolbar search={search} onChange={change} />
        {waiting.length > 0 && (
          <button type="button" className={styles['waiting']} onClick={showWaiting} aria-keyshortcuts=".">
            {waiting.length} new
          </button>
        )}
        {selected.size > 0 && <Bulk ids={[...selected]} onDone={() => setSelected(NONE)} />}
      </div>
      <section aria-label="Anomalies" aria-busy={inbox.loading} className={styles['list']}>
        {inbox.error && <Failed error={inbox.error} what="the anomalies" onRetry={inbox.reload} />}
        {inbox.loading && shown.length === 0 && <SkeletonRows />}
        {!inbox.loading && !inbox.error && shown.length === 0 && <EmptyInbox search={search} />}
        <Virtualizer
          ref={virtualizer}
          scrollRef={scroller}
          data={shown}
          itemSize={60}
          onScroll={(offset) => {
            // Not at its end: whoever goes on turning the wheel would wait for ever at the bottom.
            const handle = virtualizer.current
            if (handle && offset + 3 * handle.viewportSize > handle.scrollSize) inbox.loadMore()
          }}
        >
          {(id) => (
            <Row
              key={id}
              id={id}
              fits={isFitting}
              current={id === current}
              selected={selected.has(id)}
              onSelect={select}
              onFocus={setCurrent}
            />
          )}
        </Virtualizer>
        {shown.length > 0 && !inbox.hasMore && !inbox.loading && (
          <p className={styles['end']}>{count(shown.length, 'anomaly', 'anomalies')}</p>
        )}
      </section>
      {dialogs}
    </div>
  )
}
