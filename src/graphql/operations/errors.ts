import { GraphQLError, type GraphQLErrorExtensions, type GraphQLFormattedError } from 'graphql'
import { type ErrorCode, PublicError } from '../../errors.ts'
import { isErrorCode, statusOf } from '../../http/status.ts'
import { isDatabaseAway } from '../../storage/away.ts'

/** Removes GraphQL's suggestions: outside a local set-up the schema must not be guessed from them. */
export const withoutSuggestion = (message: string): string => message.replace(/ ?Did you mean [^?]*\?/g, '')

export interface Presentation {
  /** Suggestions are kept. */
  local: boolean
  /** Called with every error that is masked. */
  onUnexpected(error: unknown): void
}

/**
 * What a client may see of a failure: a PublicError with its code and details, a mistake in the query or its
 * variables as BAD_USER_INPUT, and of anything else only that it happened.
 */
export function present(error: unknown, presentation: Presentation): GraphQLError {
  const failure = error instanceof GraphQLError ? rootOf(error) : error
  if (failure instanceof PublicError) {
    const { retryAfterSeconds, issues } = failure.details
    return located(error, failure.message, {
      code: failure.code,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(issues && { issues }),
    })
  }
  if (isDatabaseAway(failure)) {
    presentation.onUnexpected(failure)
    const away = new PublicError('UNAVAILABLE', 'The database does not answer. Try again in a moment.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
    return refusal(located(error, away.message, {}), away)
  }
  if (failure instanceof GraphQLError) {
    // For a request that fails before it runs, the outermost error names the variable and carries the status.
    const shown = error instanceof GraphQLError && error.path === undefined ? error : failure
    const message = presentation.local ? shown.message : withoutSuggestion(shown.message)
    if (isErrorCode(failure.extensions['code'])) return located(failure, failure.message, failure.extensions)
    // An error of GraphQL itself while resolving means that a resolver violated the schema.
    if (shown.path === undefined) {
      return located(shown, message, { ...shown.extensions, code: codeByStatus(shown) })
    }
  }
  presentation.onUnexpected(failure)
  return located(error, 'Something went wrong on the server. The request id finds it in the log.', {
    code: 'INTERNAL_SERVER_ERROR',
  })
}

const RETRY_AFTER_SECONDS = 5

/** The failure as an error that decides the status of the whole answer, where it comes over HTTP. */
export function refusal(
  at: unknown,
  { code, message, details: { retryAfterSeconds } }: PublicError,
): GraphQLError {
  return located(at, message, {
    code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    http: {
      status: statusOf(code),
      ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    },
  })
}

function codeByStatus({ extensions }: GraphQLError): ErrorCode {
  const http: unknown = extensions['http']
  const status = typeof http === 'object' && http !== null && 'status' in http ? http.status : undefined
  return status === 403 ? 'FORBIDDEN' : 'BAD_USER_INPUT'
}

/** The error that was thrown first: executors wrap what resolvers throw, sometimes twice. */
function rootOf(error: GraphQLError): unknown {
  const cause = error.originalError
  if (!cause) return error
  return cause instanceof GraphQLError ? rootOf(cause) : cause
}

function located(error: unknown, message: string, extensions: GraphQLErrorExtensions): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions })
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions,
  })
}

/** A new error with the request's id: errors of parsing and validation are cached and shared between requests. */
export const withRequestId = (error: GraphQLError, requestId: string): GraphQLError =>
  located(error, error.message, { ...error.extensions, requestId })

/** The result with its errors as clients see them. */
export function formatErrors<Result extends { errors?: readonly GraphQLError[] | undefined }>(
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

/** An error as JSON, without what only means something over HTTP. */
export function plainError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON()
  const { http: _http, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}
