import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type DocumentNode, GraphQLError, getOperationAST, Kind } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { tooComplex } from './limits.ts'

/** Maximum cost of one operation, in fields: some 200 rows of everything, or a few panels of 50. */
export const MAX_COST = 100_000

/** Limits the number of fields of an operation, each list times the rows it requests, before it runs. */
export const costLimit = (): Plugin => {
  const check = (payload: {
    args: Operation
    setResultAndStopExecution(result: { errors: GraphQLError[] }): void
  }) => {
    const cost = costOf(payload.args)
    if (cost > MAX_COST) {
      const message = `The operation costs ${cost}, more than ${MAX_COST}: ask for fewer rows or fields at once.`
      payload.setResultAndStopExecution({ errors: [tooComplex(message)] })
    }
  }
  return { onExecute: check, onSubscribe: check }
}

interface Operation {
  schema: Parameters<typeof complexityFromQuery>[1]['schema']
  document: DocumentNode
  operationName?: string | null
  variableValues?: unknown
  contextValue?: unknown
}

/** 0 where variables do not fit: execution refuses those itself, and says why. */
export function costOf({ schema, document, operationName, variableValues, contextValue }: Operation): number {
  const operation = getOperationAST(document, operationName)
  if (!operation) return 0
  // Pothos counts the first operation of a document, so it gets only the one that runs.
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  const variables = typeof variableValues === 'object' && variableValues !== null ? { ...variableValues } : {}
  try {
    return complexityFromQuery(
      { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
      { schema, variables, ctx: Object(contextValue) },
    ).complexity
  } catch (error) {
    if (error instanceof GraphQLError) return 0
    throw error
  }
}
