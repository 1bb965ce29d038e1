import type { VariablesOf } from '../../api/graphql.ts'
import type { Row } from '../../api/row.ts'
import type { InboxPage } from './documents.ts'
import type { InboxSearch, View } from './search.ts'

type Variables = VariablesOf<typeof InboxPage>
type Filter = NonNullable<Variables['filter']>

/** What the API is asked for. @param me the name under which the person acts */
export function filterOf({ view, severity, detector, search }: InboxSearch, me: string): Filter {
  return {
    ...filterOfView(view, me),
    ...(severity === undefined ? {} : { severities: [severity] }),
    ...(detector === undefined ? {} : { detectors: [detector] }),
    ...(search === '' ? {} : { search }),
  }
}

function filterOfView(view: View, me: string): Filter {
  switch (view) {
    case 'needs':
      return { statuses: ['OPEN'], snoozed: false }
    case 'mine':
      return { statuses: ['ACKNOWLEDGED'], acknowledgedBy: me }
    case 'snoozed':
      return { snoozed: true }
    case 'done':
      return { statuses: ['RESOLVED', 'FALSE_POSITIVE'] }
    case 'all':
      return {}
  }
}

export function orderOf({ order }: InboxSearch): NonNullable<Variables['orderBy']> {
  if (order === 'severity') return { field: 'SEVERITY', direction: 'DESC' }
  if (order === 'money') return { field: 'IMPACT', direction: 'DESC' }
  return { field: 'RECORDED_AT', direction: 'DESC' }
}

export const isSnoozed = ({ snoozedUntil, snoozedUntilItGrows }: Row): boolean =>
  snoozedUntil !== null || snoozedUntilItGrows

/** Whether an anomaly belongs into what is shown, as it stands now. */
export function fits(row: Row, { view, severity, detector, search }: InboxSearch, me: string): boolean {
  if (severity !== undefined && row.severity !== severity) return false
  if (detector !== undefined && row.detector !== detector) return false
  return fitsView(row, view, me) && fitsWords(row, search)
}

function fitsView(row: Row, view: View, me: string): boolean {
  switch (view) {
    case 'needs':
      return row.status === 'OPEN' && !isSnoozed(row)
    case 'mine':
      return row.status === 'ACKNOWLEDGED' && row.acknowledgedBy?.name === me
    case 'snoozed':
      return isSnoozed(row)
    case 'done':
      return row.status === 'RESOLVED' || row.status === 'FALSE_POSITIVE'
    case 'all':
      return true
  }
}

/** As the server looks: every word, in any case. An id of Stripe's, which no row shows, is left to the next load. */
function fitsWords({ title, message, note }: Row, search: string): boolean {
  const text = `${title} ${message} ${note ?? ''}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
