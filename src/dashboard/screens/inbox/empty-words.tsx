import type { EmptyProps } from '../../ui/empty.tsx'
import type { InboxSearch } from './search.ts'

/** Why the list is empty, and what to do next. */
export function emptyWords({ view, severity, detector, search }: InboxSearch): EmptyProps {
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
