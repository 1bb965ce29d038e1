import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor'
import { GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { levelsOf } from './json-levels.ts'

/** Bytes of one request's body, or of one message on a socket, which a subscription keeps for as long as it is open. */
export const MAX_REQUEST_BYTES = 64 * 1024

/** Levels of fields; fragments do not count. */
const MAX_DEPTH = 12
const MAX_ALIASES = 30
const MAX_DIRECTIVES = 50
/** Each may open a level, and the parser recurses for each: well below what overflows the stack. */
const MAX_TOKENS = 1_500
/** Characters of a document, which is cached, and of all variables. */
const MAX_CHARACTERS = 32_768
/** Values in a document's lists, and in all variables: SQLite takes a thousand in a statement. */
const MAX_VALUES = 400
/** Levels of a variable: more than any input has, and few enough for recursive code. */
const MAX_VARIABLE_LEVELS = 20

/** Limits the levels, aliases, directives and tokens of a document before anything is executed. */
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
    // `cost-limit.ts` counts with the real arguments instead. Suggestions are removed in `errors.ts`.
    costLimit: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  })
}

export const tooComplex = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'TOO_COMPLEX', http: { status: 400, spec: true } } })

const NUL = '\0'

/**
 * PostgreSQL stores no text with NUL, and no id, name or note needs one: refused here. So are documents, lists and
 * variables that are larger or deeper than any real operation's.
 */
export const valueLimits = (): Plugin => {
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
    args: { variableValues?: unknown }
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

/** Why variables are refused, whatever the operation. */
export function objectionTo(variables: unknown): GraphQLError | undefined {
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
