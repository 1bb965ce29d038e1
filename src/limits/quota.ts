import { PublicError } from '../errors.ts'

/** How many of something each key may have open at once. */
export interface Quota {
  /**
   * Opens one more.
   * @returns gives it back, once
   * @throws PublicError RATE_LIMITED
   */
  take(key: string): Promise<() => void>
}

/** @param what is counted; processes that count together know it by this name */
export type MakeQuota = (what: 'sockets' | 'subscriptions' | 'previews', most: number) => Quota

export const tooMany = (what: string, most: number): PublicError =>
  new PublicError('RATE_LIMITED', `More than ${most} ${what} of this tenant are open at once.`)
