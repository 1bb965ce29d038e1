import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { type CombinedError, useClient } from 'urql'
import type { Row } from '../../api/row.ts'
import { useConnection, useOnline } from '../../api/use-connection.ts'
import { InboxPage } from './documents.ts'
import { filterOf, fits, orderOf } from './filter.ts'
import { arrived, EMPTY, extended, type LiveList, loaded, showWaiting } from './live-list.ts'
import type { InboxSearch } from './search.ts'

const PAGE = 40

export interface Inbox {
  list: LiveList
  loading: boolean
  error: CombinedError | undefined
  hasMore: boolean
  loadMore(): void
  reload(): void
  showWaiting(): void
}

type Event =
  | { type: 'emptied' }
  | { type: 'loaded'; ids: string[] }
  | { type: 'extended'; ids: string[] }
  | { type: 'arrived'; id: string; move: boolean }
  | { type: 'shown' }

/**
 * The anomalies that fit `search`, with what is raised meanwhile.
 * @param mayMove whether a new row may go in at once, or waits
 */
export function useInbox(search: InboxSearch, me: string, mayMove: () => boolean): Inbox {
  const client = useClient()
  const { feed } = useConnection()
  const online = useOnline()
  const [list, tell] = useReducer(afterEvent, EMPTY)
  const [next, setNext] = useState<string | null>(null)
  const [loading, setLoading] = useState(true)
  const [error, setError] = useState<CombinedError>()
  const request = useRef(0)
  /** Not as the server has it: to be loaded when it is back. */
  const stale = useRef(false)

  const load = useCallback(
    async (after: string | null): Promise<void> => {
      request.current += 1
      const mine = request.current
      setLoading(true)
      const variables = { filter: filterOf(search, me), orderBy: orderOf(search), first: PAGE, after }
      const asked = await client.query(InboxPage, variables, { requestPolicy: 'network-only' })
      // While the server is away, what was seen before is better than nothing.
      const { data, error } = asked.error?.networkError
        ? await client
            .query(InboxPage, variables, { requestPolicy: 'cache-only' })
            .then((kept) => (kept.data ? kept : asked))
        : asked
      if (mine !== request.current) return
      stale.current = asked.error !== undefined
      setLoading(false)
      setError(error)
      if (!data?.anomalies) return
      const { nodes, pageInfo } = data.anomalies
      tell({ type: after === null ? 'loaded' : 'extended', ids: nodes.map(({ id }) => id) })
      setNext(pageInfo.hasNextPage ? pageInfo.endCursor : null)
    },
    [client, search, me],
  )

  const latest = useRef(mayMove)
  useEffect(() => {
    latest.current = mayMove
  })

  useEffect(() => {
    tell({ type: 'emptied' })
    setNext(null)
    // Listening begins before the page is asked for, so that nothing is raised unheard in between.
    const stop = feed.listen((row: Row) => {
      if (fits(row, search, me)) tell({ type: 'arrived', id: row.id, move: latest.current() })
    })
    void load(null)
    return stop
  }, [feed, load, search, me])

  useEffect(() => {
    if (online && stale.current) void load(null)
  }, [online, load])

  return {
    list,
    loading,
    error,
    hasMore: next !== null,
    loadMore: () => {
      if (next !== null && !loading) void load(next)
    },
    reload: () => void load(null),
    showWaiting: () => tell({ type: 'shown' }),
  }
}

function afterEvent(list: LiveList, event: Event): LiveList {
  switch (event.type) {
    case 'emptied':
      return EMPTY
    case 'loaded':
      return loaded(event.ids, list.waiting)
    case 'extended':
      return extended(list, event.ids)
    case 'arrived':
      return arrived(list, event.id, event.move)
    case 'shown':
      return showWaiting(list)
  }
}
