/**
 * Stripe objects and events as each API version renders them, small but with the fields and nulls that real ones
 * have. Every builder takes what differs from an ordinary case and the version; whatever it is given beyond what it
 * knows is laid on top, so that any odd shape can be made. Here is what all of them are made of.
 */
export type Json = Record<string, unknown>

/** 2025-06-01T00:00:00Z, when everything happens unless told otherwise. */
export const START = 1_748_736_000
export const MONTH = 30 * 86_400

let made = 0
export const fresh = (prefix: string): string => {
  made += 1
  return `${prefix}_${String(made).padStart(8, '0')}`
}

export const list = (data: readonly unknown[], hasMore = false): Json => ({
  object: 'list',
  data,
  has_more: hasMore,
  url: '/v1/list',
})
