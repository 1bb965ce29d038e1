import {
  defaultFieldResolver,
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import { collectFields } from './collect-fields.ts'
import {
  argumentsOf,
  failPlace,
  infoOf,
  isPromise,
  type MaybePromise,
  type Path,
  type PlannedField,
  type Run,
} from './plan-run.ts'

export interface FieldPlan extends PlannedField {
  readonly complete: Complete
  /** It has no resolver of its own: its value is the property of its name. */
  readonly isProperty: boolean
  /** Making the fourth argument for each row costs more than most resolvers do; those that count three take none. */
  readonly takesInfo: boolean
}

/**
 * Makes of what a resolver returned what stands in the answer. The path to it comes in two parts, since most values
 * need none.
 * @throws what makes its place null
 */
type Complete = (run: Run, value: unknown, parent: Path | undefined, key: string | number) => unknown

/** The fields that are selected of a type. */
export function planFields(
  run: Run,
  type: GraphQLObjectType,
  from: readonly { selectionSet?: SelectionSetNode | undefined }[],
): FieldPlan[] {
  const plans: FieldPlan[] = []
  for (const [key, nodes] of collectFields(run, type, from)) {
    const field = fieldOf(run.schema, type, nodes[0]?.name.value ?? '')
    // Validation refuses what has no definition; an executor leaves it out.
    if (!field) continue
    const planned: PlannedField = { key, field, nodes, parentType: type }
    plans.push({
      ...planned,
      complete: completing(field.type, planned),
      isProperty: !field.resolve || field.resolve === defaultFieldResolver,
      takesInfo: !field.resolve || field.resolve.length === 0 || field.resolve.length > 3,
    })
  }
  return plans
}

function fieldOf(schema: GraphQLSchema, type: GraphQLObjectType, name: string) {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
  }
  return type.getFields()[name]
}

/** Resolves the fields of one object. @throws what makes the object null */
export function runFields(
  run: Run,
  plans: readonly FieldPlan[],
  source: unknown,
  path: Path | undefined,
): MaybePromise<Record<string, unknown>> {
  const answer: Record<string, unknown> = {}
  const pending: Promise<void>[] = []
  try {
    for (const plan of plans) {
      const value = runField(run, plan, source, path)
      if (isPromise(value)) {
        // Its place among the others is taken now.
        place(answer, plan.key, undefined)
        pending.push(value.then((settled) => place(answer, plan.key, settled)))
      } else place(answer, plan.key, value)
    }
  } catch (error) {
    ignore(pending)
    throw error
  }
  return pending.length === 0 ? answer : Promise.all(pending).then(() => answer)
}

/** What they fail with is part of no answer any more. */
function ignore(pending: readonly unknown[]): void {
  for (const one of pending) if (isPromise(one)) one.then(undefined, () => {})
}

/** An alias may be the name of what every object has. */
function place(answer: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(answer, key, { value, enumerable: true, configurable: true, writable: true })
  else answer[key] = value
}

/** For resolvers that do not take it: see `takesInfo`. */
const NO_INFO = {} as GraphQLResolveInfo

function runField(run: Run, plan: FieldPlan, source: unknown, parent: Path | undefined): unknown {
  const { key, complete } = plan
  try {
    const value = resolved(run, plan, source, parent)
    const completed = isPromise(value)
      ? value.then((later) => complete(run, later, parent, key))
      : complete(run, value, parent, key)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error: unknown) => failField(run, plan, parent, error))
  } catch (error) {
    return failField(run, plan, parent, error)
  }
}

const failField = (run: Run, plan: FieldPlan, parent: Path | undefined, error: unknown): null =>
  failPlace(run, plan.field.type, plan, pathTo(plan, parent, plan.key), error)

function resolved(run: Run, plan: FieldPlan, source: unknown, parent: Path | undefined): unknown {
  if (plan.isProperty && isObject(source)) {
    const value = source[plan.field.name]
    if (typeof value !== 'function') return value
  }
  const resolve = plan.field.resolve ?? defaultFieldResolver
  const info = plan.takesInfo ? infoOf(run, plan, pathTo(plan, parent, plan.key)) : NO_INFO
  return resolve(source, argumentsOf(run, plan), run.contextValue, info)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const pathTo = ({ parentType }: PlannedField, parent: Path | undefined, key: string | number): Path => ({
  prev: parent,
  key,
  typename: typeof key === 'number' ? undefined : parentType.name,
})

const nameOf = ({ parentType, field }: PlannedField): string => `${parentType.name}.${field.name}`

function completing(type: GraphQLOutputType, planned: PlannedField): Complete {
  const nullable: GraphQLOutputType = isNonNullType(type) ? type.ofType : type
  const complete = completingValue(nullable, planned)
  const nothing = (): null => {
    if (nullable === type) return null
    throw new Error(`Cannot return null for non-nullable field ${nameOf(planned)}.`)
  }
  return (run, value, parent, key) => {
    if (value === null || value === undefined) return nothing()
    if (value instanceof Error) throw value
    return complete(run, value, parent, key)
  }
}

function completingValue(type: GraphQLOutputType, planned: PlannedField): Complete {
  if (isLeafType(type)) return (_run, value) => serialized(type, value)
  if (isListType(type)) return completingList(type.ofType, planned)
  if (isObjectType(type)) return completingObject(type, planned)
  if (isAbstractType(type)) return completingAbstract(type, planned)
  throw new Error(`not the type of an answer: ${String(type)}`)
}

function serialized(type: GraphQLLeafType, value: unknown): unknown {
  const written: unknown = type.serialize(value)
  if (written === null || written === undefined)
    throw new Error(`${type.name} was serialized as nothing: ${String(value)}`)
  return written
}

function completingList(type: GraphQLOutputType, planned: PlannedField): Complete {
  const complete = completing(type, planned)
  const runItem = (run: Run, item: unknown, list: Path, key: number): unknown => {
    const fail = (error: unknown) => failPlace(run, type, planned, pathTo(planned, list, key), error)
    try {
      const completed = isPromise(item)
        ? item.then((later) => complete(run, later, list, key))
        : complete(run, item, list, key)
      return isPromise(completed) ? completed.then(undefined, fail) : completed
    } catch (error) {
      return fail(error)
    }
  }
  return (run, list, parent, key) => {
    if (!isIterable(list))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameOf(planned)}".`)
    const path = pathTo(planned, parent, key)
    const items: unknown[] = []
    let isPending = false
    try {
      for (const item of list) {
        const completed = runItem(run, item, path, items.length)
        isPending ||= isPromise(completed)
        items.push(completed)
      }
    } catch (error) {
      ignore(items)
      throw error
    }
    return isPending ? Promise.all(items) : items
  }
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

function completingObject(type: GraphQLObjectType, planned: PlannedField): Complete {
  // Planned for the first value, since a selection may lead deeper than there are ever any.
  let plans: readonly FieldPlan[] | undefined
  const complete: Complete = (run, value, parent, key) => {
    plans ??= planFields(run, type, planned.nodes)
    return runFields(run, plans, value, pathTo(planned, parent, key))
  }
  const { isTypeOf } = type
  if (!isTypeOf) return complete
  return (run, value, parent, key) => {
    const checked = (isOne: boolean) => {
      if (isOne) return complete(run, value, parent, key)
      throw new GraphQLError(`Expected value of type "${type.name}" but got another.`, {
        nodes: planned.nodes,
      })
    }
    const isOne = isTypeOf(value, run.contextValue, infoOf(run, planned, pathTo(planned, parent, key)))
    return isPromise(isOne) ? isOne.then(checked) : checked(isOne)
  }
}

function completingAbstract(type: GraphQLAbstractType, planned: PlannedField): Complete {
  const byType = new Map<GraphQLObjectType, Complete>()
  const resolveType = type.resolveType ?? defaultTypeResolver
  return (run, value, parent, key) => {
    const chosen = (typename: string | undefined) => {
      const concrete = typename === undefined ? undefined : run.schema.getType(typename)
      if (!isObjectType(concrete) || !run.schema.isSubType(type, concrete))
        throw new GraphQLError(
          `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${nameOf(planned)}".`,
          { nodes: planned.nodes },
        )
      const complete = byType.get(concrete) ?? completingObject(concrete, planned)
      byType.set(concrete, complete)
      return complete(run, value, parent, key)
    }
    const typename = resolveType(
      value,
      run.contextValue,
      infoOf(run, planned, pathTo(planned, parent, key)),
      type,
    )
    return isPromise(typename) ? typename.then(chosen) : chosen(typename)
  }
}
