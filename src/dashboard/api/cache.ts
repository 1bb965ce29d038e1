import { cacheExchange } from '@urql/exchange-graphcache'
import type { Exchange } from 'urql'
import { EMBEDDED_TYPES } from './embedded-types.ts'
import { optimisticActs } from './optimistic.ts'

/**
 * Every object is kept once, by its id: what a mutation or a subscription reports of it redraws it wherever it is
 * shown.
 */
export const normalizedCache = (): Exchange =>
  cacheExchange({
    keys: Object.fromEntries(EMBEDDED_TYPES.map((name) => [name, () => null])),
    resolvers: {
      Query: {
        // What a list has fetched is there for the page of one anomaly, and for each row on its own.
        anomaly: (_parent, { id }) => ({ __typename: 'Anomaly', id: String(id) }),
      },
    },
    optimistic: optimisticActs,
  })
