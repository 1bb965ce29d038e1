import { randomUUID } from 'node:crypto'
import type { ExecutionResult } from 'graphql'
import { formatErrors, type Presentation, plainError } from '../operations/errors.ts'
import type { SharedText } from './unsent-bytes.ts'

/** The result of one row for every subscriber of a group, serialized once. */
export interface SharedResult extends ExecutionResult {
  /** Yoga calls this instead of JSON.stringify; undefined for a result with errors, which carry their request's id. */
  stringify?: () => string
  /** The JSON as the subscriber with this request's id sees it. */
  textFor(requestId: string): SharedText
  /** What keeping it takes. */
  bytes: number
}

/** Stands for the request's id in a text with errors. Nobody outside knows it, so no data can hold it. */
const REQUEST_ID = randomUUID()

export function shareResult(result: ExecutionResult, presentation: Presentation): SharedResult {
  if (!result.errors) {
    const text = JSON.stringify(result)
    const shared = sharedText(text)
    return { ...result, stringify: () => text, textFor: () => shared, bytes: shared.rest.length }
  }
  const errors = formatErrors(result, REQUEST_ID, presentation).errors?.map(plainError)
  const template = JSON.stringify({ ...result, errors })
  return {
    ...result,
    textFor: (requestId) => sharedText(template.replaceAll(REQUEST_ID, requestId)),
    bytes: template.length,
  }
}

const sharedText = (json: string): SharedText => ({ rest: Buffer.from(`${json}}`), holders: 0 })
