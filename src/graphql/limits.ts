import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor'
import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type DocumentNode, GraphQLError, getOperationAST, Kind, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { MAX_COST } from './builder.ts'
import { levelsOf } from './levels.ts'

/** Bytes of one request's body, or of one message on a socket, which a subscription keeps for as long as it is open. */
export const MAX_REQUEST_BYTES = 64 * 1024

/** Levels of fields; fragments do not count. */
const MAX_DEPTH = 12
const MAX_ALIASES = 30
const MAX_DIRECTIVES = 50
/** Each may open a level, and the parser goes down for each: well below what the stack of a process holds. */
const MAX_TOKENS = 1_500
/** Characters of a document, which is remembered for the next time, and of all variables. */
const MAX_CHARACTERS = 32_768
/** Values in a document's lists, and in all variables: one engine takes a thousand in a statement. */
const MAX_VALUES = 400
/** Levels of a variable: more than any input has, and few enough for whatever goes down into it. */
const MAX_VARIABLE_LEVELS = 20

/** Field and fragment levels, aliases, directives and tokens of a document: before anything is executed. */
export const documentLimits = (): Plugin => {
  const reject = (what: string, n: number) => ({
    n,
    propagateOnRejection: false,
    onReject: [
      () => {
        throw tooComplex(`The document has more than ${n} ${what}.`)
      },
    ],
  })
  return EnvelopArmorPlugin({
    maxDepth: { ...reject('levels', MAX_DEPTH), flattenFragments: true },
    maxAliases: reject('aliases', MAX_ALIASES),
    maxDirectives: reject('directives', MAX_DIRECTIVES),
    maxTokens: reject('tokens', MAX_TOKENS),
    // Weighed with the real arguments instead: `costLimit` below. Suggestions are taken out in `errors.ts`.
    costLimit: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  })
}

/** The fields of an operation weighed, each list times the rows it asks for, before anything of it runs. */
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
function costOf({ schema, document, operationName, variableValues, contextValue }: Operation): number {
  const operation = getOperationAST(document, operationName)
  if (!operation) return 0
  // The weigher takes the first operation it finds, so it is shown only the one that runs.
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

const tooComplex = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'TOO_COMPLEX', http: { status: 400, spec: true } } })

const NUL = '\0'

/**
 * PostgreSQL has no text with NUL, and no id, name or note of ours needs one: refused before it gets there. So are
 * documents, lists and variables that are larger or deeper than anything honest.
 */
export const refuseUnsound = (): Plugin => {
  const rule: ValidationRule = function SoundValuesRule(context) {
    let listed = 0
    return {
      StringValue: (node) => {
        if (node.value.includes(NUL)) context.reportError(nulRefused())
      },
      ListValue: ({ values }) => {
        const before = listed
        listed += values.length
        if (listed > MAX_VALUES && before <= MAX_VALUES) context.reportError(tooMany('The lists'))
      },
    }
  }
  const check = (payload: {
    args: Operation
    setResultAndStopExecution(result: { errors: GraphQLError[] }): void
  }) => {
    const objection = objectionTo(payload.args.variableValues)
    if (objection) payload.setResultAndStopExecution({ errors: [objection] })
  }
  return {
    onParse: ({ params: { source } }) => {
      if (String(source).length > MAX_CHARACTERS) throw tooLong('The document')
    },
    onValidate: ({ addValidationRule }) => addValidationRule(rule),
    onExecute: check,
    onSubscribe: check,
  }
}

const nulRefused = (): GraphQLError =>
  new GraphQLError('Text must not contain NUL.', {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } },
  })

const tooMany = (what: string): GraphQLError => tooComplex(`${what} hold more than ${MAX_VALUES} values.`)

const tooLong = (what: string): GraphQLError =>
  tooComplex(`${what} has more than ${MAX_CHARACTERS} characters.`)

function objectionTo(variables: unknown): GraphQLError | undefined {
  let depth = 0
  let values = 0
  for (const level of levelsOf(variables)) {
    if (depth++ > MAX_VARIABLE_LEVELS)
      return tooComplex(`Variables have more than ${MAX_VARIABLE_LEVELS} levels.`)
    values += level.length
    if (values > MAX_VALUES) return tooMany('Variables')
    if (level.some((value) => typeof value === 'string' && value.includes(NUL))) return nulRefused()
  }
  const { length } = JSON.stringify(variables ?? {})
  return length > MAX_CHARACTERS ? tooLong('The text of the variables') : undefined
}
