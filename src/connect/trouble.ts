/** What Stripe, or the way there, refused. */
export type TroubleKind =
  /** The key is unknown, expired or revoked. */
  | 'KEY'
  /** The key is good, but may not do this. */
  | 'PERMISSION'
  /** Too many requests, for longer than it was waited. */
  | 'THROTTLED'
  /** No answer, or one that says that Stripe is in trouble itself. */
  | 'AWAY'
  /** Stripe understood, and does not want to. */
  | 'REFUSED'

/** Why something could not be done at Stripe, in a sentence that says what to do. */
export class StripeTrouble extends Error {
  override readonly name = 'StripeTrouble'
  constructor(
    readonly kind: TroubleKind,
    message: string,
    /** The permission that lacks, as Stripe names it: `rak_…`. */
    readonly permission?: string,
    /** Stripe's own code, e.g. `resource_missing`. */
    readonly code?: string,
  ) {
    super(message)
  }

  /** Whether it may pass by itself. */
  get passes(): boolean {
    return this.kind === 'THROTTLED' || this.kind === 'AWAY'
  }
}
