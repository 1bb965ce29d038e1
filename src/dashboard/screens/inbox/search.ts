import * as z from 'zod/mini'
import { DETECTORS } from '../../text/detectors.ts'
import { SEVERITIES } from '../../text/severity.ts'

/** What part of the list is shown, by its name in the URL and for people. */
export const VIEWS = {
  needs: 'Needs you',
  mine: 'Mine',
  snoozed: 'Snoozed',
  done: 'Done',
  all: 'All',
} as const

export type View = keyof typeof VIEWS

export const VIEW_NAMES = ['needs', 'mine', 'snoozed', 'done', 'all'] as const satisfies readonly View[]

export const ORDERS = {
  newest: 'Newest first',
  severity: 'Most severe first',
  money: 'Most money first',
} as const

const inboxSearch = z.object({
  view: z.catch(z.enum(VIEW_NAMES), 'needs'),
  severity: z.catch(z.optional(z.enum(SEVERITIES)), undefined),
  detector: z.catch(z.optional(z.enum(DETECTORS)), undefined),
  search: z.catch(z.string().check(z.maxLength(200)), ''),
  order: z.catch(z.enum(['newest', 'severity', 'money']), 'newest'),
})

/** All that decides which anomalies the inbox shows, and how. */
export type InboxSearch = z.infer<typeof inboxSearch>

/** @param search the part of a URL after `?`; what it says wrongly is as if it were not said */
export const parseInbox = (search: string): InboxSearch =>
  inboxSearch.parse(Object.fromEntries(new URLSearchParams(search)))

/** The address of the inbox that shows this. What is as usual is left out. */
export function inboxAddress(search: InboxSearch): string {
  const usual: Readonly<Record<string, unknown>> = parseInbox('')
  const said = Object.entries(search).filter(([name, value]) => value !== usual[name])
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()
  return query === '' ? '/' : `/?${query}`
}
