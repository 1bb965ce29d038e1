import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { momentOrDay } from '../../tenancy/input.ts'
import type { Moment } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'

/** @param nodes where it is a literal, its place: the error names the argument by it */
function parseTime(value: unknown, nodes?: ValueNode): Moment {
  const time = momentOrDay.safeParse(value)
  if (!time.success)
    throw new GraphQLError(
      'A DateTime is a moment that there is, written like 2026-01-31T09:30:00Z (RFC 3339), or a date like 2026-01-31.',
      { nodes: nodes ?? null },
    )
  return time.data
}

builder.scalarType('DateTime', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  description:
    "A moment as RFC 3339 text, e.g. `2026-01-31T09:30:00.000Z`; always in UTC when it comes from here. As an input also a date, e.g. `2026-01-31`: the first moment of that day in the tenant's zone.",
  serialize: (value) => value.toISOString(),
  parseValue: (value) => parseTime(value),
  parseLiteral: (node) => parseTime(node.kind === Kind.STRING ? node.value : undefined, node),
})

builder.scalarType('JSON', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
})

function safe(value: unknown, nodes?: ValueNode): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new GraphQLError('A SafeInt is a whole number within ±(2^53 − 1).', { nodes: nodes ?? null })
  }
  return number
}

builder.scalarType('SafeInt', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc7493#section-2.2',
  description: 'A whole number within ±(2^53 − 1), which every JSON reader takes without loss.',
  serialize: (value) => safe(value),
  parseValue: (value) => safe(value),
  parseLiteral: (node) => safe(node.kind === Kind.INT ? Number(node.value) : undefined, node),
})
