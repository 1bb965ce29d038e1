import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql'

export type MaybePromise<T> = T | Promise<T>

/** A field that is selected, in one place of a document. */
export interface PlannedField {
  /** Its name in the answer. */
  readonly key: string
  readonly field: GraphQLField<unknown, unknown>
  readonly nodes: readonly FieldNode[]
  readonly parentType: GraphQLObjectType
}

/** One execution of a plan. */
export interface Run {
  readonly schema: GraphQLSchema
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly operation: OperationDefinitionNode
  readonly rootValue: unknown
  readonly contextValue: unknown
  readonly variableValues: Record<string, unknown>
  /** Of fields that became null for them. */
  readonly errors: GraphQLError[]
  /** Of fields, computed for the first row and the same for all. */
  readonly args: Map<PlannedField, Record<string, unknown>>
}

export type Path = GraphQLResolveInfo['path']

const NO_ARGUMENTS: Record<string, unknown> = Object.freeze({})

/** @throws GraphQLError for a value that the field does not take */
export function argumentsOf(run: Run, planned: PlannedField): Record<string, unknown> {
  if (planned.field.args.length === 0) return NO_ARGUMENTS
  const known = run.args.get(planned)
  if (known) return known
  const [node] = planned.nodes
  const args = node ? getArgumentValues(planned.field, node, run.variableValues) : {}
  run.args.set(planned, args)
  return args
}

export const infoOf = (
  { schema, fragments, operation, rootValue, variableValues }: Run,
  { field, nodes, parentType }: PlannedField,
  path: Path,
): GraphQLResolveInfo => ({
  fieldName: field.name,
  fieldNodes: nodes,
  returnType: field.type,
  parentType,
  path,
  schema,
  fragments,
  rootValue,
  operation,
  variableValues,
})

/** Null in the place of a value that may be null, with the error among those of the answer. @throws the error otherwise */
export function failPlace(
  run: Run,
  type: GraphQLOutputType,
  { nodes }: PlannedField,
  path: Path,
  error: unknown,
): null {
  const located = locatedError(error, nodes, keysOf(path))
  if (isNonNullType(type)) throw located
  run.errors.push(located)
  return null
}

function keysOf(path: Path): (string | number)[] {
  const keys: (string | number)[] = []
  for (let at: Path | undefined = path; at; at = at.prev) keys.push(at.key)
  return keys.reverse()
}

export const isPromise = <T>(value: T | PromiseLike<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

export const toError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : locatedError(error, undefined)
