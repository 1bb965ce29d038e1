import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventFilterOf, eventsAddress, parseEvents } from '../../src/dashboard/screens/events/search.ts'
import {
  type InboxSearch,
  inboxAddress,
  parseInbox,
  VIEW_NAMES,
} from '../../src/dashboard/screens/inbox/search.ts'
import { DETECTORS } from '../../src/dashboard/text/detectors.ts'
import { SEVERITIES } from '../../src/dashboard/text/severity.ts'
import { DETECTORS as REGISTRY } from '../../src/detection/registry.ts'

const search: fc.Arbitrary<InboxSearch> = fc.record({
  view: fc.constantFrom(...VIEW_NAMES),
  severity: fc.option(fc.constantFrom(...SEVERITIES), { nil: undefined }),
  detector: fc.option(fc.constantFrom(...DETECTORS), { nil: undefined }),
  search: fc.string({ maxLength: 200 }),
  order: fc.constantFrom('newest', 'severity', 'money'),
})

const queryOf = (address: string): string => address.split('?')[1] ?? ''

describe('the address of a screen', () => {
  it('says all that decides what the inbox shows', () => {
    fc.assert(
      fc.property(search, (said) => {
        expect(parseInbox(queryOf(inboxAddress(said)))).toEqual(said)
      }),
    )
  })

  it('says nothing of what is as usual', () => {
    expect(inboxAddress(parseInbox(''))).toBe('/')
  })

  it('opens the inbox as usual where it says what there is not', () => {
    expect(parseInbox('view=nothing&severity=TERRIBLE&detector=x&order=1')).toEqual(parseInbox(''))
  })

  it('takes any text for a query', () => {
    fc.assert(fc.property(fc.string(), (text) => parseInbox(text).view.length > 0))
  })

  it('keeps what events are looked for', () => {
    const said = { status: 'FAILED', find: 'charge.failed' } as const
    expect(parseEvents(queryOf(eventsAddress(said)))).toEqual(said)
    expect(eventFilterOf(said)).toEqual({ statuses: ['FAILED'], types: ['charge.failed'] })
  })

  it.each([
    ['evt_1', { stripeId: 'evt_1' }],
    ['cus_1', { customerId: 'cus_1' }],
    ['acct_1', { account: 'acct_1' }],
    ['in_1', { objectId: 'in_1' }],
    ['invoice.paid', { types: ['invoice.paid'] }],
    ['', {}],
  ])('finds %s by what its prefix says it is', (find, filter) => {
    expect(eventFilterOf({ status: undefined, find })).toEqual(filter)
  })

  it('offers every detector', () => {
    expect([...DETECTORS]).toEqual(REGISTRY.map(({ name }) => name).sort())
  })
})
