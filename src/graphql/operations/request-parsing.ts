import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { readBody } from '../../http/read-body.ts'
import type { ServerContext } from '../transports/server-context.ts'
import { MAX_REQUEST_BYTES } from './limits.ts'

/**
 * Reads and bounds the JSON of a request as Node has it. Yoga's own limit leads every body through two web streams and a
 * second request, which costs as much as a page's statement.
 */
export const boundedBody = (): Plugin<object, ServerContext> => ({
  onRequestParse({ request, serverContext: { req }, setRequestParser }) {
    if (!req || request.method !== 'POST' || !isJson(request)) return
    setRequestParser(async () => {
      const body = await readBody(req, MAX_REQUEST_BYTES).catch(() => {
        throw refusal(400, 'The request was cut off.')
      })
      if (!body) throw refusal(413, `A request has at most ${MAX_REQUEST_BYTES} bytes.`)
      const params: unknown = JSON.parse(body.toString())
      if (typeof params !== 'object' || params === null)
        throw refusal(400, 'The request must be a JSON object.')
      return params
    })
  },
})

/** Refuses what is not a GraphQL request, with an error like any other and nothing of the parser's own. */
export const requestParsing = (): Plugin => ({
  onRequestParse({ request, requestParser, setRequestParser }) {
    // Yoga refuses other methods itself.
    if (request.method !== 'GET' && request.method !== 'POST') return
    // Yoga accepts forms and bare documents too; a page of any origin may send a form.
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

const isJson = ({ headers }: Request): boolean => JSON_TYPE.test(headers.get('content-type') ?? '')

/** Yoga's own parser recognizes the type in lower case only. */
function jsonParser(request: Request, known: RequestParser | undefined): RequestParser | undefined {
  if (!isJson(request)) return undefined
  return known ?? ((given) => given.json())
}

/** Clients check for exactly this message and code, some of them only in a 200 response, and then send the text. */
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
