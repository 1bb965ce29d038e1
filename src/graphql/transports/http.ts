import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention'
import { type GraphQLSchema, NoSchemaIntrospectionCustomRule } from 'graphql'
import { createYoga, type Plugin, type YogaInitialContext } from 'graphql-yoga'
import { PublicError } from '../../errors.ts'
import { standingHeaders } from '../../limits/rate-limiter.ts'
import type { Context, Session } from '../context.ts'
import { sharedExecution } from '../live/shared-execution.ts'
import { costLimit } from '../operations/cost-limit.ts'
import { present } from '../operations/errors.ts'
import { knownQueries } from '../operations/known-queries.ts'
import { documentLimits, valueLimits } from '../operations/limits.ts'
import { readOnlyTenants } from '../operations/read-only.ts'
import { boundedBody, requestParsing } from '../operations/request-parsing.ts'
import { namedValueErrors } from '../operations/value-errors.ts'
import { renderPage } from './graphiql.ts'
import { type Admission, authentication, concurrencyLimit, credentialsWatching } from './http-admission.ts'
import { isAllowedOrigin } from './origins.ts'
import { resultFormatting } from './results.ts'
import type { ServerContext } from './server-context.ts'

export interface HttpOptions extends Admission {
  schema: GraphQLSchema
  makeContext(session: Session): Context
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
    // boundedBody() has its own.
    maxRequestBodySize: false,
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
      authentication(options),
      boundedBody(),
      credentialsWatching(options),
      // A header that no form or image can send: the browser asks first.
      useCSRFPrevention({ requestHeaders: ['authorization', 'x-billingwatch-csrf'] }),
      ...(config.local ? [] : [withoutIntrospection()]),
      documentLimits(),
      valueLimits(),
      namedValueErrors(),
      costLimit(),
      requestParsing(),
      readOnlyTenants(),
      sharedExecution(presentation),
      knownQueries(schema, makeContext),
      // Around the last: whatever runs an operation, it takes a place.
      concurrencyLimit(options),
      resultFormatting(presentation),
      responseHeaders(),
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

/** Headers of every answer. */
const responseHeaders = (): Plugin<object, ServerContext> => ({
  onResponse({ response, serverContext: { standing } }) {
    for (const [name, value] of Object.entries(standing ? standingHeaders(standing) : {}))
      response.headers.set(name, value)
    // Proxies gather an answer before they pass it on, which would hold events back.
    if (response.headers.get('content-type')?.startsWith('text/event-stream'))
      response.headers.set('x-accel-buffering', 'no')
  },
})
