import { type ASTNode, BREAK, type DocumentNode, GraphQLError, Kind, visit } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withoutSuggestion } from './errors.ts'

/**
 * Names the argument in every error about a literal value, in its message and as `issues`: GraphQL itself names
 * variables, but of a literal only its place in the text.
 */
export const namedValueErrors = (): Plugin => ({
  onValidate:
    ({ params: { documentAST } }) =>
    ({ valid, result, setResult }) => {
      if (!valid) setResult(result.map((error) => named(error, documentAST)))
    },
})

const VALUES: ReadonlySet<ASTNode['kind']> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
])

function named(error: GraphQLError, document: DocumentNode): GraphQLError {
  const [node] = error.nodes ?? []
  // Yoga caches errors with the document: one that has issues was handled before.
  if (!node || !VALUES.has(node.kind) || error.extensions['issues'] !== undefined) return error
  const path = pathTo(node, document)
  if (path.length === 0) return error
  const { message } = error
  return new GraphQLError(`${path.join('.')}: ${message}`, {
    nodes: error.nodes ?? null,
    originalError: error.originalError ?? null,
    extensions: {
      ...error.extensions,
      issues: [{ path, code: 'INVALID_VALUE', message: withoutSuggestion(message) }],
    },
  })
}

/** The argument of a value, and the input fields that lead to it. */
function pathTo(value: ASTNode, document: DocumentNode): (string | number)[] {
  const path: (string | number)[] = []
  visit(document, {
    enter(node) {
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) path.push(node.name.value)
      if (node === value) return BREAK
      return undefined
    },
    leave(node) {
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) path.pop()
    },
  })
  return path
}
