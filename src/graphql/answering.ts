import { randomUUID } from 'node:crypto'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import { type Presentation, present, withRequestId } from './errors.ts'
import type { ServerContext } from './http.ts'

/** What is no GraphQL request is told so like every other mistake, and nothing of the parser's own error shows. */
export const reading = (): Plugin => ({
  onRequestParse({ request, requestParser, setRequestParser }) {
    // Other methods are refused by the engine itself.
    if (request.method !== 'GET' && request.method !== 'POST') return
    // The engine would take forms and bare documents as well; a page of any origin may send a form.
    const parse = request.method === 'GET' ? requestParser : jsonParser(request, requestParser)
    if (!parse) throw refusal(415, 'Send the operation as JSON, with content-type: application/json.')
    setRequestParser(async (given) => {
      let params: RequestParserResult
      try {
        params = await parse(given)
      } catch (error) {
        throw isOfJson(error) ? refusal(400, 'The request holds no valid JSON.') : error
      }
      if (isHashAlone(params)) throw new GraphQLError('PersistedQueryNotSupported', HASH_ALONE)
      return params
    })
  },
})

type RequestParser = NonNullable<Parameters<NonNullable<Plugin['onRequestParse']>>[0]['requestParser']>
type RequestParserResult = Awaited<ReturnType<RequestParser>>

const JSON_TYPE = /^application\/json *(;|$)/i

/** The engine's own parser knows the type in lower case only. */
function jsonParser(request: Request, known: RequestParser | undefined): RequestParser | undefined {
  const type = request.headers.get('content-type') ?? ''
  if (!JSON_TYPE.test(type)) return undefined
  return known ?? ((given) => given.json())
}

/** Clients look for exactly this message and code, and some of them only in an answer of 200, to send the text instead. */
const HASH_ALONE = { extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } } }

function isHashAlone(params: RequestParserResult): boolean {
  if (Array.isArray(params) || !('extensions' in params) || params.query) return false
  const { extensions } = params
  return typeof extensions === 'object' && extensions !== null && 'persistedQuery' in extensions
}

const isOfJson = (error: unknown): boolean =>
  error instanceof SyntaxError ||
  (error instanceof GraphQLError && error.extensions['originalError'] !== undefined)

const refusal = (status: number, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status } } })

const NOT_ACCEPTABLE = 'Accept application/json, or text/event-stream for a subscription.'

/** Gives every error its code and the request's id, also those of before the operation ran and of each event of a stream. */
export const finishing = (presentation: Presentation): Plugin<object, ServerContext> => ({
  onResultProcess({ result, setResult, resultProcessor, setResultProcessor, serverContext, request }) {
    const requestId = serverContext.session?.requestId ?? request.headers.get('x-request-id') ?? randomUUID()
    const finish = (single: ExecutionResult) => finished(single, requestId, presentation)
    if (!resultProcessor) {
      // Nobody will read the stream, so nobody else would end it.
      if (isAsyncIterable(result)) void result[Symbol.asyncIterator]().return?.()
      const { errors } = finish({ errors: [new GraphQLError(NOT_ACCEPTABLE)] })
      setResultProcessor((_unread, { Response }) => {
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        return new Response(JSON.stringify({ errors }), { status: 406, headers })
      }, 'application/json')
    } else if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, finish))
    else setResult(Array.isArray(result) ? result.map(finish) : finish(result))
  },
})

/** The result with errors as clients see them. */
export function finished<Result extends { errors?: readonly GraphQLError[] | undefined }>(
  result: Result,
  requestId: string,
  presentation: Presentation,
): Result {
  if (!result.errors) return result
  return {
    ...result,
    errors: result.errors.map((error) => withRequestId(present(error, presentation), requestId)),
  }
}
