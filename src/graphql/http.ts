import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention'
import { GraphQLError, type GraphQLSchema, NoSchemaIntrospectionCustomRule } from 'graphql'
import { createYoga, type Plugin, type YogaInitialContext } from 'graphql-yoga'
import type { Config } from '../config.ts'
import { PublicError } from '../errors.ts'
import { addressOf } from '../http/client-address.ts'
import { type Standing, standingHeaders } from '../limits/rate-limiter.ts'
import type { CredentialsWatch, CutOff } from '../tenancy/cutoff.ts'
import type { Gate } from '../tenancy/gate.ts'
import { finishing, reading } from './answering.ts'
import type { Context, Session } from './context.ts'
import { isCode, type Presentation, present, refusal, statusOf, withRequestId } from './errors.ts'
import { renderPage } from './graphiql.ts'
import { costLimit, documentLimits, MAX_REQUEST_BYTES, refuseUnsound } from './limits.ts'
import { isAllowedOrigin } from './origins.ts'
import type { ApiRate } from './rate.ts'
import { sharing } from './sharing.ts'
import { ENDED, type Streams } from './streams.ts'
import type { Turns } from './turns.ts'

/** What comes with an operation before its context is made; over HTTP the adapter brings Node's own pair. */
export interface ServerContext {
  session?: Session
  /** Where the caller stands in API_RATE_LIMIT, once the request was counted. */
  standing?: Standing
  req?: IncomingMessage
  res?: ServerResponse
}

export interface HttpOptions {
  schema: GraphQLSchema
  config: Config
  gate: Gate
  credentials: CredentialsWatch
  rate: ApiRate
  presentation: Presentation
  /** Open responses of subscriptions. */
  streams: Streams
  makeContext(session: Session): Context
  /** In which credentials are looked up. */
  turns: Turns
  /** Bounds what a tenant has running at once. */
  underway: Turns
}

/** GraphQL over HTTP and server-sent events; its engine also runs what comes over a socket. */
export function createHttp(options: HttpOptions) {
  const { schema, config, presentation, makeContext } = options
  return createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    // Its path is answered before GraphQL is asked.
    healthCheckEndpoint: '/healthz',
    landingPage: false,
    graphiql: !config.local
      ? false
      : {
          title: 'BillingWatch',
          defaultQuery: GRAPHIQL_QUERY,
          headers: '{\n  "authorization": "Bearer bw_live_..."\n}',
          // Where to is said in the page: for the length of the tab.
          shouldPersistHeaders: true,
          subscriptionsProtocol: 'SSE',
        },
    renderGraphiQL: (page) => renderPage(schema, page),
    logging: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: MAX_REQUEST_BYTES,
    maskedErrors: { maskError: (error) => present(error, presentation) },
    cors: (request) =>
      isAllowedOrigin(config, request.headers.get('origin'), request.headers.get('host')) && {
        origin: request.headers.get('origin') ?? 'null',
        credentials: false,
        methods: ['GET', 'POST'],
        allowedHeaders: ['authorization', 'content-type', 'x-tenant-id', 'x-request-id'],
        exposedHeaders: [
          'x-request-id',
          'retry-after',
          'ratelimit-limit',
          'ratelimit-remaining',
          'ratelimit-reset',
        ],
        maxAge: 600,
      },
    context: (initial: YogaInitialContext & ServerContext) => {
      if (!initial.session) throw new PublicError('UNAUTHENTICATED', 'no session')
      return makeContext(initial.session)
    },
    plugins: [
      authenticating(options),
      watching(options),
      admitting(options),
      // A header that no form or image can send: the browser asks first.
      useCSRFPrevention({ requestHeaders: ['authorization', 'x-billingwatch-csrf'] }),
      ...(config.local ? [] : [withoutIntrospection()]),
      documentLimits(),
      refuseUnsound(),
      costLimit(),
      reading(),
      sharing(),
      finishing(presentation),
      headers(),
    ],
  })
}

const GRAPHIQL_QUERY = `# Put a tenant's key into the headers below.
query Latest {
  viewer { role tenant { name } }
  anomalies(first: 10) {
    nodes { severity status detector title startedAt impact { formatted } }
    resumeCursor
  }
}
`

const withoutIntrospection = (): Plugin => ({
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
})

/** Finds the caller and counts the request before the body is even parsed. */
function authenticating(options: HttpOptions): Plugin<object, ServerContext> {
  const { config, gate, rate, presentation, turns } = options
  return {
    async onRequest({ request, url, serverContext, fetchAPI, endResponse }) {
      if (url.pathname !== '/graphql') return
      const requestId = request.headers.get('x-request-id') ?? randomUUID()
      try {
        if (!isAllowedOrigin(config, request.headers.get('origin'), request.headers.get('host'))) {
          throw new PublicError('FORBIDDEN', 'This origin is not one of ALLOWED_ORIGINS.')
        }
        const { req, res } = serverContext
        // A burst of requests is a burst of look-ups: others are served between any two.
        await turns.turn(`credentials ${request.headers.get('authorization')}`)
        const caller = await gate.admit(
          {
            authorization: request.headers.get('authorization') ?? undefined,
            tenantId: request.headers.get('x-tenant-id') ?? undefined,
          },
          req ? addressOf(req, config.trustProxy) : '',
          requestId,
        )
        const standing = await rate.count(caller)
        serverContext.standing = standing
        rate.check(standing)
        const connection = options.streams.connectionOf(caller, res)
        serverContext.session = { requestId, caller, connection }
      } catch (error) {
        const shown = withRequestId(present(error, presentation), requestId)
        const { http: _http, ...extensions } = shown.extensions
        const { code, retryAfterSeconds } = extensions
        const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' }
        if (code === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer'
        if (typeof retryAfterSeconds === 'number') headers['retry-after'] = String(retryAfterSeconds)
        endResponse(
          new fetchAPI.Response(JSON.stringify({ errors: [{ message: shown.message, extensions }] }), {
            status: isCode(code) ? statusOf(code) : 500,
            headers,
          }),
        )
      }
    },
  }
}

/** Parsing, validating and executing, once the tenant has room for one more; who has gone meanwhile is not served. */
const admitting = ({ underway, presentation }: HttpOptions): Plugin<object, ServerContext> => ({
  onParams({ context: { session, res }, paramsHandler, setParamsHandler }) {
    setParamsHandler(async (payload) => {
      try {
        return await underway.run(session?.caller.tenantId ?? '', () =>
          res?.destroyed ? {} : paramsHandler(payload),
        )
      } catch (error) {
        const shown = error instanceof PublicError ? refusal(error, error) : present(error, presentation)
        return { errors: [shown] }
      }
    })
  },
})

/** What stands in the head of an answer, whatever it is. */
const headers = (): Plugin<object, ServerContext> => ({
  onResponse({ response, serverContext: { standing } }) {
    for (const [name, value] of Object.entries(standing ? standingHeaders(standing) : {}))
      response.headers.set(name, value)
    // Proxies gather an answer before they pass it on, which would hold events back.
    if (response.headers.get('content-type')?.startsWith('text/event-stream'))
      response.headers.set('x-accel-buffering', 'no')
  },
})

/** The body may come long after the head that was admitted: whose credentials end meanwhile is not served any more. */
const watching = ({ credentials }: HttpOptions): Plugin<object, ServerContext> => ({
  onRequestParse({ requestParser, setRequestParser, serverContext: { session, res } }) {
    if (!requestParser || !session) return
    setRequestParser(async (request) => {
      let ended: CutOff | undefined
      const stopWatching = credentials.watch(session.caller, (reason) => {
        ended = reason
      })
      // A client that goes in the middle may leave the body without an end.
      res?.once('close', stopWatching)
      try {
        const params = await requestParser(request)
        if (!ended) return params
      } finally {
        stopWatching()
      }
      const http = { status: 401, headers: { 'www-authenticate': 'Bearer' } }
      throw new GraphQLError(ENDED[ended], { extensions: { code: 'UNAUTHENTICATED', http } })
    })
  },
})
