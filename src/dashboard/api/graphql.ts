import { initGraphQLTada } from 'gql.tada'
import type { introspection } from '../../generated/dashboard/graphql-env.d.ts'

/** Writes a document whose result and variables are typed from `schema.graphql`. */
export const graphql = initGraphQLTada<{
  introspection: introspection
  scalars: {
    /** RFC 3339, in UTC. */
    DateTime: string
    JSON: unknown
    SafeInt: number
  }
}>()

export { type FragmentOf, type ResultOf, readFragment, type VariablesOf } from 'gql.tada'
