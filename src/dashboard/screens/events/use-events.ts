import { useCallback, useEffect, useRef, useState } from 'react'
import { type CombinedError, useClient } from 'urql'
import type { VariablesOf } from '../../api/graphql.ts'
import { type EventRow, EventsPage, EventTail } from './documents.ts'

type Filter = VariablesOf<typeof EventsPage>['filter']

/** What comes in faster than it can be read pushes the oldest out of the list. */
const MOST = 1_000

interface Events {
  rows: readonly EventRow[]
  loading: boolean
  error: CombinedError | undefined
  hasMore: boolean
  loadMore(): void
}

/** Stored events, newest received first; while `live`, those that come in go in at the top. */
export function useEvents(filter: Filter, live: boolean): Events {
  const client = useClient()
  const [rows, setRows] = useState<readonly EventRow[]>([])
  const [next, setNext] = useState<string | null>(null)
  const [loading, setLoading] = useState(true)
  const [error, setError] = useState<CombinedError>()
  const request = useRef(0)

  const load = useCallback(
    async (after: string | null): Promise<void> => {
      request.current += 1
      const mine = request.current
      setLoading(true)
      const { data, error } = await client.query(
        EventsPage,
        { filter, after },
        { requestPolicy: 'network-only' },
      )
      if (mine !== request.current) return
      setLoading(false)
      setError(error)
      if (!data?.events) return
      const { nodes, pageInfo } = data.events
      setRows((before) => (after === null ? nodes : [...before, ...nodes]))
      setNext(pageInfo.hasNextPage ? pageInfo.endCursor : null)
    },
    [client, filter],
  )

  useEffect(() => void load(null), [load])

  useEffect(() => {
    if (!live) return
    const { unsubscribe } = client.subscription(EventTail, { filter }).subscribe(({ data }) => {
      const event = data?.eventReceived
      if (event)
        setRows((before) =>
          before.some(({ id }) => id === event.id) ? before : [event, ...before].slice(0, MOST),
        )
    })
    return unsubscribe
  }, [client, filter, live])

  return {
    rows,
    loading,
    error,
    hasMore: next !== null,
    loadMore: () => {
      if (next !== null && !loading) void load(next)
    },
  }
}
