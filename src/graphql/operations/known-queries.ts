import { type DocumentNode, type GraphQLSchema, getVariableValues } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context, Session } from '../context.ts'
import type { ServerContext } from '../transports/server-context.ts'
import { costOf, MAX_COST } from './cost-limit.ts'
import { objectionTo } from './limits.ts'
import { QueryPlan } from './query-plan.ts'

/** Documents that are kept, and characters of all of them: a parsed document takes some fifty times its text. */
const MAX_DOCUMENTS = 300
const MAX_CHARACTERS = 512 * 1024
/** Variables that are kept with a document, and their characters: a page's cursor comes once, its filter again and again. */
const MAX_VARIABLES = 20
const MAX_VARIABLE_CHARACTERS = 1_000

/**
 * Queries that were parsed, validated and found cheap enough before, by their text and the name of their operation: they
 * are run at once, without what the engine does for each request to find that out anew. The checks that depend on
 * variables are done here, and kept by them. Nothing else has a part in the checks: not who asks (what a role may see is
 * for the resolvers to say), and not the server, which has one schema and one set of rules for as long as it runs.
 * Whatever is not plainly right is left to the engine, which refuses it and says why.
 */
export function knownQueries(
  schema: GraphQLSchema,
  makeContext: (session: Session) => Context,
): Plugin<Context, ServerContext> {
  const known = new KnownQueries(schema)
  return {
    onParams({ paramsHandler, setParamsHandler }) {
      setParamsHandler((payload) => {
        const { params, context } = payload
        const query = known.find(params.query, params.operationName)
        const variables = query?.accept(params.variables)
        if (!query || !variables || !context.session) return paramsHandler(payload)
        return query.plan.run(makeContext(context.session), variables)
      })
    },
    // The last of the plugins: whoever objects to an operation has done so.
    onExecute({ args, setExecuteFn }) {
      const { document, operationName, variableValues, contextValue } = args
      const query = known.add(document, contextValue.params?.query, operationName)
      const variables = query?.accept(variableValues)
      if (query && variables) setExecuteFn(() => query.plan.run(contextValue, variables))
    },
  }
}

/** Queries by text and operation, those that were used last. */
export class KnownQueries {
  readonly #byKey = new Map<string, KnownQuery>()
  #characters = 0

  constructor(private readonly schema: GraphQLSchema) {}

  get size(): number {
    return this.#byKey.size
  }

  find(text: string | undefined, operationName: string | null | undefined): KnownQuery | undefined {
    const key = keyOf(text, operationName)
    const query = this.#byKey.get(key)
    if (!query) return undefined
    // The oldest is the first that goes.
    this.#byKey.delete(key)
    this.#byKey.set(key, query)
    return query
  }

  /**
   * @param document the text parsed; validated, and no plugin objects to it
   * @returns undefined for what is no query
   */
  add(
    document: DocumentNode,
    text: string | undefined,
    operationName: string | null | undefined,
  ): KnownQuery | undefined {
    const known = this.find(text, operationName)
    if (known) return known
    const plan = QueryPlan.of(this.schema, document, operationName)
    if (!plan || text === undefined) return undefined
    const query = new KnownQuery(plan)
    const key = keyOf(text, operationName)
    this.#byKey.set(key, query)
    this.#characters += key.length
    for (const [oldest] of this.#byKey) {
      if (this.#byKey.size <= MAX_DOCUMENTS && this.#characters <= MAX_CHARACTERS) break
      this.#byKey.delete(oldest)
      this.#characters -= oldest.length
    }
    return query
  }
}

/** A name has no line break in it. */
const keyOf = (text = '', operationName: string | null | undefined): string =>
  `${operationName ?? ''}\n${text}`

class KnownQuery {
  readonly #accepted = new Map<string, Record<string, unknown>>()

  constructor(readonly plan: QueryPlan) {}

  /** @returns the variables, coerced; undefined for those that the engine has to refuse */
  accept(given: unknown): Record<string, unknown> | undefined {
    if (objectionTo(given)) return undefined
    const text = JSON.stringify(given ?? {})
    const accepted = this.#accepted.get(text)
    if (accepted) return accepted
    const { schema, document, operation } = this.plan
    const operationName = operation.name?.value ?? null
    if (costOf({ schema, document, operationName, variableValues: given }) > MAX_COST) return undefined
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], { ...Object(given) })
    if (coerced && text.length <= MAX_VARIABLE_CHARACTERS) {
      if (this.#accepted.size >= MAX_VARIABLES) this.#accepted.clear()
      this.#accepted.set(text, coerced)
    }
    return coerced
  }
}
