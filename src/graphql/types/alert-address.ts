import type { AlertAddress as AddressRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'

const STATES = ['UNVERIFIED', 'VERIFIED', 'UNSUBSCRIBED', 'BOUNCED'] as const

const AlertAddressState = builder.enumType('AlertAddressState', {
  description: 'Whether mails go to an address.',
  values: {
    UNVERIFIED: { description: 'Its owner has not agreed yet.' },
    VERIFIED: { description: 'Mails go there.' },
    UNSUBSCRIBED: { description: 'Its owner wants no more.' },
    BOUNCED: { description: 'Its server refused three mails in a row.' },
  } satisfies Record<(typeof STATES)[number], { description: string }>,
})

export const AlertAddress = builder.objectRef<AddressRow>('AlertAddress').implement({
  description: 'An address of an EMAIL channel.',
  fields: (t) => ({
    address: t.exposeString('address', { description: 'The address.' }),
    state: t.field({
      type: AlertAddressState,
      description: 'Whether mails go there.',
      resolve: ({ state }) => STATES.find((known) => known === state) ?? 'UNVERIFIED',
    }),
  }),
})
