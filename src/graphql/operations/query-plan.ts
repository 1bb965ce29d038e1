import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { selectingVariables } from './collect-fields.ts'
import { type FieldPlan, planFields, runFields } from './field-plan.ts'
import { isPromise, type MaybePromise, type Run, toError } from './plan-run.ts'

/** Sets of fields that the values of @skip and @include choose between, of one document. */
const MAX_VARIANTS = 16

/**
 * A query with everything found out that is the same for every row and every execution: which fields are selected, of
 * which types, by which resolvers, and how their values are completed. The executor of graphql-js finds that out anew
 * for each field of each row, which on a page of 50 costs several times what reading it does. What is done with values
 * and errors is graphql-js's, step by step; test/graphql/query-plan.test.ts compares the two.
 */
export class QueryPlan {
  readonly #variants = new Map<string, readonly FieldPlan[]>()
  readonly #selecting: readonly string[]
  readonly #fragments: Readonly<Record<string, FragmentDefinitionNode>>

  private constructor(
    readonly schema: GraphQLSchema,
    readonly document: DocumentNode,
    readonly operation: OperationDefinitionNode,
    private readonly root: GraphQLObjectType,
  ) {
    this.#selecting = selectingVariables(document)
    this.#fragments = Object.fromEntries(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    )
  }

  /** @returns undefined for what is no query */
  static of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | null | undefined,
  ): QueryPlan | undefined {
    const operation = getOperationAST(document, operationName)
    const root = schema.getQueryType()
    if (!operation || !root || operation.operation !== OperationTypeNode.QUERY) return undefined
    return new QueryPlan(schema, document, operation, root)
  }

  /** @param variableValues coerced, as `getVariableValues` gives them */
  run(
    contextValue: unknown,
    variableValues: Record<string, unknown>,
    rootValue?: unknown,
  ): MaybePromise<ExecutionResult> {
    const run: Run = {
      schema: this.schema,
      fragments: this.#fragments,
      operation: this.operation,
      rootValue,
      contextValue,
      variableValues,
      errors: [],
      args: new Map(),
    }
    const done = (data: Record<string, unknown> | null): ExecutionResult =>
      run.errors.length === 0 ? { data } : { errors: run.errors, data }
    const failed = (error: unknown): ExecutionResult => {
      run.errors.push(toError(error))
      return done(null)
    }
    try {
      const data = runFields(run, this.#fieldsOf(run), rootValue, undefined)
      return isPromise(data) ? data.then(done, failed) : done(data)
    } catch (error) {
      return failed(error)
    }
  }

  #fieldsOf(run: Run): readonly FieldPlan[] {
    const variant = this.#selecting.map((name) => String(run.variableValues[name])).join()
    let fields = this.#variants.get(variant)
    if (!fields) {
      fields = planFields(run, this.root, [this.operation])
      if (this.#variants.size >= MAX_VARIANTS) this.#variants.clear()
      this.#variants.set(variant, fields)
    }
    return fields
  }
}
