import type { GraphQLObjectType, GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'
import './types/index.ts'

/** The whole schema. @throws when a root field does not say who may call it */
export const schema: GraphQLSchema = builder.toSchema()

assertGuarded(schema)

/** Default deny: a root field without `authScopes` would be open to every caller, so the program does not start with one. */
export function assertGuarded(checked: GraphQLSchema): void {
  const roots = [checked.getQueryType(), checked.getMutationType(), checked.getSubscriptionType()]
  const open = roots.flatMap((root) => (root ? unguarded(root) : []))
  if (open.length > 0) throw new Error(`root fields without authScopes: ${open.join(', ')}`)
}

function unguarded(root: GraphQLObjectType): string[] {
  return Object.values(root.getFields())
    .filter(({ extensions }) => {
      const options: unknown = extensions['pothosOptions']
      return typeof options !== 'object' || options === null || !('authScopes' in options)
    })
    .map(({ name }) => `${root.name}.${name}`)
}
