import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useLocation, useSearch } from 'wouter'
import { useMe } from '../../api/use-connection.ts'
import { count } from '../../text/words.ts'
import { Failed } from '../../ui/failed.tsx'
import { useOffsetTop } from '../../ui/use-offset-top.ts'
import { useTitle } from '../../ui/use-title.ts'
import { Bulk } from './bulk.tsx'
import { EmptyInbox } from './empty-inbox.tsx'
import { fits } from './filter.ts'
import styles from './inbox.module.css'
import { rememberList } from './last-list.ts'
import { reveal } from './reveal.ts'
import { Row } from './row.tsx'
import { type InboxSearch, inboxAddress, parseInbox, VIEWS } from './search.ts'
import { SkeletonRows } from './skeleton-rows.tsx'
import { Strip } from './strip.tsx'
import { Toolbar } from './toolbar.tsx'
import { useAttention } from './use-attention.ts'
import { useInbox } from './use-inbox.ts'
import { useRowKeys } from './use-row-keys.tsx'

const NONE: ReadonlySet<string> = new Set()

/** From one row to another, either way round; the latter alone where the former is not in the list. */
function between(ids: readonly string[], from: string | undefined, to: string): readonly string[] {
  const ends = [from === undefined ? -1 : ids.indexOf(from), ids.indexOf(to)]
  return ends.includes(-1) ? [to] : ids.slice(Math.min(...ends), Math.max(...ends) + 1)
}

/** What is wrong, newest first, and what to do about it: live. */
export function Inbox() {
  const me = useMe()
  const query = useSearch()
  const [, navigate] = useLocation()
  const search = useMemo(() => parseInbox(query), [query])
  const [selected, setSelected] = useState(NONE)
  const scroller = useRef<HTMLDivElement>(null)
  const bar = useRef<HTMLDivElement>(null)
  const section = useRef<HTMLElement>(null)
  const virtualizer = useRef<VirtualizerHandle>(null)
  const listTop = useOffsetTop(section, scroller)
  const attention = useAttention(scroller)
  const mayMove = () => attention({ selected: selected.size, newestFirst: search.order === 'newest' })
  const inbox = useInbox(search, me.name, mayMove)
  const { shown, waiting } = inbox.list
  const latest = useRef(shown)
  useEffect(() => {
    latest.current = shown
    rememberList(shown)
  }, [shown])
  useTitle(waiting.length > 0 ? `(${waiting.length}) ${VIEWS[search.view]}` : VIEWS[search.view])

  const change = (next: Partial<InboxSearch>): void => {
    setSelected(NONE)
    navigate(inboxAddress({ ...search, ...next }), { replace: true })
  }
  const chosen = useRef<string>(undefined)
  const select = useCallback((id: string, on: boolean, through = false): void => {
    const ids = through ? between(latest.current, chosen.current, id) : [id]
    chosen.current = id
    setSelected((before) => {
      const after = new Set(before)
      for (const one of ids) {
        if (on) after.add(one)
        else after.delete(one)
      }
      return after
    })
  }, [])
  const showWaiting = (): void => {
    inbox.showWaiting()
    scroller.current?.scrollTo({ top: 0 })
  }
  const { current, setCurrent, focusCurrent, dialogs } = useRowKeys({
    ids: shown,
    selected,
    select,
    showWaiting,
    reveal: (index) => {
      const rows = virtualizer.current
      if (rows && scroller.current && bar.current)
        reveal({
          screen: scroller.current,
          bar: bar.current,
          top: listTop + rows.getItemOffset(index),
          height: rows.getItemSize(index),
        })
    },
  })
  const clear = (): void => {
    setSelected(NONE)
    focusCurrent()
  }
  const isFitting = useCallback(
    (anomaly: Parameters<typeof fits>[0]) => fits(anomaly, search, me.name),
    [search, me.name],
  )

  return (
    <div className={styles['screen']} ref={scroller} tabIndex={-1}>
      <h1 className={styles['heading']}>Inbox</h1>
      <Strip />
      <div className={styles['bar']} ref={bar}>
        <Toolbar
          search={search}
          onChange={change}
          besideViews={
            waiting.length > 0 && (
              <button type="button" className={styles['waiting']} onClick={showWaiting} aria-keyshortcuts=".">
                {waiting.length} new
              </button>
            )
          }
          inPlaceOfFilters={selected.size > 0 ? <Bulk ids={[...selected]} onDone={clear} /> : null}
          onUncover={() => setSelected(NONE)}
        />
      </div>
      <section ref={section} aria-label="Anomalies" aria-busy={inbox.loading} className={styles['list']}>
        {inbox.loading && shown.length === 0 && <SkeletonRows />}
        {!inbox.loading && !inbox.error && shown.length === 0 && <EmptyInbox search={search} />}
        <Virtualizer
          ref={virtualizer}
          scrollRef={scroller}
          startMargin={listTop}
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
        {inbox.error && <Failed error={inbox.error} what="the anomalies" onRetry={inbox.reload} />}
        {shown.length > 0 && !inbox.hasMore && !inbox.loading && (
          <p className={styles['end']}>{count(shown.length, 'anomaly', 'anomalies')}</p>
        )}
      </section>
      {dialogs}
    </div>
  )
}
