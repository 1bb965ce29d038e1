import type { CombinedError } from 'urql'

/** The server's own sentence about what went wrong; it is written for people. */
export function sentenceOf(error: CombinedError | undefined): string {
  const [first] = error?.graphQLErrors ?? []
  if (first) return first.message
  return 'The server cannot be reached. Try again in a moment.'
}

/** What the server calls the problem, e.g. `NOT_FOUND`; undefined where it said nothing. */
export function codeOf(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions['code']
  return typeof code === 'string' ? code : undefined
}

/** By which the operator finds the request in the server's log. */
export function requestIdOf(error: CombinedError | undefined): string | undefined {
  const id = error?.graphQLErrors[0]?.extensions['requestId']
  return typeof id === 'string' ? id : undefined
}
