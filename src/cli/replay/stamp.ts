import { receivedOf } from '../../pipeline/replay.ts'
import { parseJson, readEvent } from '../../stripe/event.ts'
import type { Seconds } from '../../time.ts'

/** When an event was made, and when it was delivered if its line says so. */
export interface Stamp {
  created: Seconds
  received: Seconds | undefined
}

/** How Stripe itself writes an event: what its head says is read without parsing all of it. */
const HEAD =
  /^\{\s*"id":\s*"evt_\w+",\s*"object":\s*"event",\s*(?:"account":\s*"acct_\w+",\s*)?"api_version":\s*(?:null|"[\w.-]+"),\s*"created":\s*(\d{1,12}),/

/** @returns undefined for what is no Stripe event */
export function stampOf(text: string): Stamp | undefined {
  const created = HEAD.exec(text)?.[1]
  if (created !== undefined && !text.includes('"received"'))
    return { created: Number(created), received: undefined }
  const json = parseJson(text)
  const event = readEvent(json)
  return event && { created: event.created, received: receivedOf(json) }
}
