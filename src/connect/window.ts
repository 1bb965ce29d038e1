import { z } from 'zod'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { MINUTE, type Seconds, toSeconds } from '../time.ts'
import { place } from './jobs.ts'
import { LISTED } from './probe.ts'
import { SETTLED } from './settled.ts'

/** Stripe may list an event a little later than its time says. */
const OVERLAP: Seconds = 10 * MINUTE

/** A comparison of Stripe's list with what is stored, and how far it is. */
const reconciling = z.object({
  from: z.number(),
  to: z.number(),
  /** Proven before: what was made since counts. */
  since: z.number(),
  /** By name of the list. */
  lists: z.record(z.string(), place),
  checked: z.number(),
  missing: z.number(),
  filled: z.number(),
  /** Events that are proven now and were not before. */
  counted: z.number(),
  /** When the first missing one was made. */
  firstMissing: z.number().nullable(),
  /** Up to then nothing is known from what was proven on: Stripe no longer lists it. */
  unlistedTo: z.number().nullable().default(null),
})
export type Window = z.infer<typeof reconciling>

const connectedAccounts = z.object({
  /** Accounts that have been compared since connecting. */
  proven: z.array(z.string()),
  /** Those that the key may not read. */
  denied: z.array(z.string()),
  /** When those were last asked for, unix seconds. */
  askedAt: z.number().default(0),
})
export type ConnectedAccounts = z.infer<typeof connectedAccounts>

/** A window as far as it was compared. */
export interface Compared {
  window: Window
  accounts: ConnectedAccounts
  /** Whether it was compared to its end. */
  done: boolean
}

export const readAccounts = ({ accounts }: Pick<StripeConnection, 'accounts'>): ConnectedAccounts =>
  connectedAccounts.parse(JSON.parse(accounts))

/** The comparison that is under way; undefined: none is. */
export const readWindow = ({
  reconciling: text,
}: Pick<StripeConnection, 'reconciling'>): Window | undefined =>
  text === null ? undefined : reconciling.parse(JSON.parse(text))

/** From what is proven to the events that are no longer under way; Stripe lists no older ones than 30 days. */
export function newWindow(through: Date, now: Date): Window {
  const [proven, present] = [toSeconds(through), toSeconds(now)]
  const from = Math.max(proven - OVERLAP, present - LISTED)
  return {
    from,
    to: Math.max(from, present - SETTLED),
    since: Math.max(proven, from),
    lists: {},
    checked: 0,
    missing: 0,
    filled: 0,
    counted: 0,
    firstMissing: null,
    unlistedTo: from > proven ? from : null,
  }
}
