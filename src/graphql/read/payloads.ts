import { PublicError } from '../../errors.ts'
import type { StripeEvent } from '../../generated/sqlite/client.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { levelsOf } from '../operations/json-levels.ts'
import { RecentCache } from '../operations/recent-cache.ts'
import { Loader } from './loader.ts'

/** Bytes of bodies that one operation, or one event of a subscription, may show; a body counts each time it is shown. */
const MAX_BYTES = 16 * 1024 * 1024
/** Rows of one statement: each may have a mebibyte. */
const ROWS = 50
/** Far more than Stripe's have, and few enough for a recursive serializer. */
const MAX_LEVELS = 1_000

const tooMuch = (): PublicError =>
  new PublicError('TOO_COMPLEX', 'These payloads are too large together: ask for fewer at once.')

/** The signed bodies of one operation's events. Their size and depth are chosen by the signer, so both are bounded. */
export class Payloads {
  readonly #loader: Loader<NonNullable<StripeEvent['payload']>>
  #left = MAX_BYTES

  constructor({ db }: Pick<Scope, 'db'>) {
    this.#loader = new Loader(async (ids) => {
      const bodies = new Map<string, NonNullable<StripeEvent['payload']>>()
      let bytes = 0
      for (let at = 0; at < ids.length; at += ROWS) {
        const rows = await db.stripeEvent.findMany({
          where: { stripeId: { in: ids.slice(at, at + ROWS) } },
          select: { stripeId: true, payload: true },
        })
        for (const { stripeId, payload } of rows) {
          if (!payload) continue
          bodies.set(stripeId, payload)
          bytes += payload.length
        }
        if (bytes > this.#left) throw tooMuch()
      }
      return bodies
    })
  }

  /**
   * @returns the body as JSON; null once its retention is over
   * @throws PublicError TOO_COMPLEX
   */
  async show(event: Pick<StripeEvent, 'stripeId'>): Promise<unknown> {
    const body = await recent.get(event, '', () => this.#read(event.stripeId))
    if (body === undefined) return null
    this.#left -= body.bytes
    if (this.#left < 0) throw tooMuch()
    return body.value
  }

  async #read(stripeId: string): Promise<Body | undefined> {
    const body = await this.#loader.load(stripeId)
    if (body === undefined) return undefined
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    let levels = 0
    for (const _ of levelsOf(value))
      if (++levels > MAX_LEVELS) throw new PublicError('TOO_COMPLEX', 'This payload is nested too deeply.')
    return { value, bytes: body.length }
  }
}

interface Body {
  value: unknown
  bytes: number
}

/** Bodies of live events, read and parsed once for all subscriptions. */
const recent = new RecentCache<Body | undefined>(16 * 1024 * 1024, (body) => body?.bytes ?? 0)
