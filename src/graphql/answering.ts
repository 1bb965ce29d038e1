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
    if (!requestParser) throw refusal(415, 'Send the operation as JSON, with content-type: application/json.')
    setRequestParser(async (given) => {
      try {
        return await requestParser(given)
      } catch (error) {
        throw isOfJson(error) ? refusal(400, 'The request holds no valid JSON.') : error
      }
    })
  },
})

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
