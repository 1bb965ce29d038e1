import type { Seconds } from '../../time.ts'
import type { Customer } from '../entities.ts'
import type { Shape } from '../versions.ts'

/** A Stripe object as JSON. */
export type Body = Record<string, unknown>

/** What every body needs to know besides its own entity. */
export interface Frame {
  shape: Shape
  livemode: boolean
}

/** Stripe's list envelope; embedded lists hold what is there, so there is never more. */
export const list = (url: string, data: readonly Body[]): Body => ({
  object: 'list',
  data,
  has_more: false,
  total_count: data.length,
  url,
})

export const address = (customer: Customer | undefined, country: string): Body => ({
  city: null,
  country: customer?.country ?? country,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
})

export const orNull = (at: Seconds | undefined): Seconds | null => at ?? null
