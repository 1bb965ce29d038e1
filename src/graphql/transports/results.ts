import { randomUUID } from 'node:crypto'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import { formatErrors, type Presentation } from '../operations/errors.ts'
import type { ServerContext } from './server-context.ts'

const NOT_ACCEPTABLE = 'Accept application/json, or text/event-stream for a subscription.'

/** Gives every error its code and the request's id: those from before the operation ran and those of each event of a stream too. */
export const resultFormatting = (presentation: Presentation): Plugin<object, ServerContext> => ({
  onResultProcess({ result, setResult, resultProcessor, setResultProcessor, serverContext, request }) {
    const requestId = serverContext.session?.requestId ?? request.headers.get('x-request-id') ?? randomUUID()
    const format = (single: ExecutionResult) => formatErrors(single, requestId, presentation)
    if (!resultProcessor) {
      // The stream will not be read, so it has to be ended here.
      if (isAsyncIterable(result)) void result[Symbol.asyncIterator]().return?.()
      const { errors } = format({ errors: [new GraphQLError(NOT_ACCEPTABLE)] })
      setResultProcessor((_unread, { Response }) => {
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        return new Response(JSON.stringify({ errors }), { status: 406, headers })
      }, 'application/json')
    } else if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, format))
    else setResult(Array.isArray(result) ? result.map(format) : format(result))
  },
})
