import { useEffect } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { Empty, type EmptyProps } from '../../ui/empty.tsx'
import type { InboxSearch } from './search.ts'

const LastEvent = graphql(`
  query LastEvent { tenant { id health { lastEventAt } } }
`)

/** Milliseconds between two looks for the first event. */
const EVERY = 5_000

/** Why the list is empty, and what to do next. */
export function EmptyInbox({ search }: { search: InboxSearch }) {
  const [{ data }, refresh] = useQuery({ query: LastEvent, requestPolicy: 'cache-and-network' })
  const isNew = data?.tenant?.health.lastEventAt === null
  useEffect(() => {
    if (!isNew) return
    const timer = setInterval(() => refresh({ requestPolicy: 'network-only' }), EVERY)
    return () => clearInterval(timer)
  }, [isNew, refresh])
  if (data === undefined) return null
  return <Empty {...(isNew ? NO_EVENT : wordsOf(search))} />
}

const NO_EVENT: EmptyProps = {
  title: 'No event has come yet',
  children:
    'Add the webhook URL under Settings → Endpoints in Stripe. What goes wrong then appears here by itself.',
}

function wordsOf({ view, severity, detector, search }: InboxSearch): EmptyProps {
  if (severity !== undefined || detector !== undefined || search !== '')
    return { title: 'Nothing matches', children: 'Clear the search or a filter to see more.' }
  switch (view) {
    case 'needs':
      return {
        title: 'Nothing needs you',
        children: 'Your billing is as usual. What goes wrong appears here by itself, within a second.',
      }
    case 'mine':
      return {
        title: 'You have nothing in hand',
        children: 'What you acknowledge is here until it is resolved.',
      }
    case 'snoozed':
      return { title: 'Nothing is snoozed', children: 'What you put off is here until its time comes.' }
    case 'done':
      return { title: 'Nothing is done yet', children: 'What was resolved or was a false positive is here.' }
    case 'all':
      return {
        title: 'No anomalies yet',
        children: 'Once your Stripe events arrive, what is unusual about them is reported here.',
      }
  }
}
