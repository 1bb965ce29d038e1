import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Config } from '../../config.ts'
import { PublicError } from '../../errors.ts'
import { addressOf } from '../../http/client-address.ts'
import { isErrorCode, statusOf } from '../../http/status.ts'
import type { ApiRate } from '../../limits/api-rate.ts'
import type { CredentialsWatch, CutOff } from '../../tenancy/cutoff.ts'
import type { Gate } from '../../tenancy/gate.ts'
import { type Presentation, present, refusal, withRequestId } from '../operations/errors.ts'
import type { FairQueue } from '../operations/fair-queue.ts'
import { isAllowedOrigin } from './origins.ts'
import type { ServerContext } from './server-context.ts'
import { CUT_OFF_MESSAGES, type SseConnections } from './sse.ts'

/** What decides over HTTP who is served, and when. */
export interface Admission {
  config: Config
  gate: Gate
  credentials: CredentialsWatch
  rate: ApiRate
  presentation: Presentation
  sse: SseConnections
  /** In which credentials are looked up. */
  queue: FairQueue
  /** Bounds how many operations of a tenant run at once. */
  operationQueue: FairQueue
}

/** Authenticates the caller and counts the request before the body is parsed. */
export function authentication(options: Admission): Plugin<object, ServerContext> {
  const { config, gate, rate, presentation, queue } = options
  return {
    async onRequest({ request, serverContext, fetchAPI, endResponse }) {
      const requestId = request.headers.get('x-request-id') ?? randomUUID()
      try {
        if (!isAllowedOrigin(config, request.headers.get('origin'), request.headers.get('host'))) {
          throw new PublicError('FORBIDDEN', 'This origin is not one of ALLOWED_ORIGINS.')
        }
        const { req, res } = serverContext
        // A burst of requests is a burst of look-ups: others are served in between.
        await queue.turn(`credentials ${request.headers.get('authorization')}`)
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
        const connection = options.sse.connectionOf(caller, res)
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
            status: isErrorCode(code) ? statusOf(code) : 500,
            headers,
          }),
        )
      }
    },
  }
}

/** Parses, validates and executes once the tenant has room for one more operation; a client that has disconnected meanwhile is not served. */
export const concurrencyLimit = ({
  operationQueue,
  presentation,
}: Admission): Plugin<object, ServerContext> => ({
  onParams({ context: { session, res }, paramsHandler, setParamsHandler }) {
    setParamsHandler(async (payload) => {
      try {
        return await operationQueue.run(session?.caller.tenantId ?? '', () =>
          res?.destroyed ? {} : paramsHandler(payload),
        )
      } catch (error) {
        const shown = error instanceof PublicError ? refusal(error, error) : present(error, presentation)
        return { errors: [shown] }
      }
    })
  },
})

/** The body may arrive long after the headers that were admitted: a caller whose credentials end meanwhile is refused. */
export const credentialsWatching = ({ credentials }: Admission): Plugin<object, ServerContext> => ({
  onRequestParse({ requestParser, setRequestParser, serverContext: { session, res } }) {
    if (!requestParser || !session) return
    setRequestParser(async (request) => {
      let ended: CutOff | undefined
      const stopWatching = credentials.watch(session.caller, (reason) => {
        ended = reason
      })
      // A client that disconnects may leave the body without an end.
      res?.once('close', stopWatching)
      try {
        const params = await requestParser(request)
        if (!ended) return params
      } finally {
        stopWatching()
      }
      const http = { status: 401, headers: { 'www-authenticate': 'Bearer' } }
      throw new GraphQLError(CUT_OFF_MESSAGES[ended], { extensions: { code: 'UNAUTHENTICATED', http } })
    })
  },
})
