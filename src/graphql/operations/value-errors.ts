import {
  type ASTNode,
  BREAK,
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  Kind,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withoutSuggestion } from './errors.ts'

type Path = readonly (string | number)[]

/**
 * Names the place of a value in every error about one, as `issues`: GraphQL says of a literal only where it stands
 * in the text, and of a value in a variable only in its message.
 */
export const namedValueErrors = (): Plugin => {
  const done = ({ args, result, setResult }: Done) => {
    if (hasErrors(result)) setResult({ ...result, errors: variablesNamed(result.errors, args) })
  }
  return {
    onValidate:
      ({ params: { documentAST } }) =>
      ({ valid, result, setResult }) => {
        if (!valid) setResult(result.map((error) => named(error, documentAST)))
      },
    onExecute: () => ({ onExecuteDone: done }),
    onSubscribe: () => ({ onSubscribeResult: done }),
  }
}

interface Done {
  args: { schema: GraphQLSchema; variableValues?: unknown }
  result: unknown
  setResult(result: { errors: readonly GraphQLError[] }): void
}

const hasErrors = (result: unknown): result is { errors: readonly GraphQLError[] } =>
  typeof result === 'object' && result !== null && 'errors' in result && Array.isArray(result.errors)

/** Errors about variables come in the order in which their values are read, those of one variable together. */
function variablesNamed(
  errors: readonly GraphQLError[],
  { schema, variableValues }: Done['args'],
): readonly GraphQLError[] {
  const variables: ReadonlyMap<string, unknown> = new Map(Object.entries(Object(variableValues)))
  const waiting = new Map<ASTNode, Path[]>()
  return errors.map((error) => {
    const [definition] = error.nodes ?? []
    if (error.path !== undefined || definition?.kind !== Kind.VARIABLE_DEFINITION) return error
    const name = definition.variable.name.value
    const paths = waiting.get(definition) ?? refusedIn(definition, variables.get(name), schema)
    waiting.set(definition, paths)
    return withIssue(error, [name, ...(paths.shift() ?? [])])
  })
}

/** The places in a variable's value that its type refuses; none where the variable itself is absent or null. */
function refusedIn({ type }: VariableDefinitionNode, value: unknown, schema: GraphQLSchema): Path[] {
  const wanted = typeFromAST(schema, type)
  const paths: Path[] = []
  if (wanted && isInputType(wanted) && value !== undefined && value !== null)
    coerceInputValue(value, wanted, (path) => paths.push(path))
  return paths
}

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
  return withIssue(error, path, `${path.join('.')}: ${error.message}`)
}

const withIssue = (error: GraphQLError, path: Path, message = error.message): GraphQLError =>
  new GraphQLError(message, {
    nodes: error.nodes ?? null,
    originalError: error.originalError ?? null,
    extensions: {
      ...error.extensions,
      issues: [{ path, code: 'INVALID_VALUE', message: withoutSuggestion(error.message) }],
    },
  })

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
