import type { IncomingMessage } from 'node:http'

export type BodyProblem = 'too_large' | 'busy' | 'aborted'

export interface BodyLimits {
  /** Bytes of one body. */
  each: number
  /** Bytes of all bodies together that are being read or verified. */
  total: number
  /** Bytes of those for one tenant, or for nobody: a slow sender must not shut the others out. */
  share: number
}

const MIB = 1024 * 1024
export const BODY_LIMITS: BodyLimits = { each: MIB, total: 64 * MIB, share: 16 * MIB }

/** Past this many times the limit a sender is cut off; before, it is read to its end, so that it sees its answer. */
const CUT_OFF_FACTOR = 8

/** Reads bodies that nobody has vouched for yet, with bounded memory for each and for all together. */
export class BodyReader {
  #held = 0
  readonly #shares = new Map<string, number>()

  constructor(private readonly limits: BodyLimits = BODY_LIMITS) {}

  /** Bytes in memory now. */
  get held(): number {
    return this.#held
  }

  /**
   * The whole body, counted as held until `release`; or why there is none, with nothing held.
   * After a problem the rest of the body is read and dropped.
   * @param share whose it claims to be
   */
  read(req: IncomingMessage, share: string): Promise<Buffer | BodyProblem> {
    return new Promise((resolve) => {
      // It has gone before anybody listened.
      if (req.destroyed) return resolve('aborted')
      const chunks: Buffer[] = []
      let size = 0
      let problem: BodyProblem | undefined
      const giveUp = (reason: BodyProblem): void => {
        problem = reason
        this.#hold(share, -sizeOf(chunks))
        chunks.length = 0
      }
      req.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (problem === undefined) {
          if (size > this.limits.each) return giveUp('too_large')
          if (!this.#fits(share, chunk.length)) return giveUp('busy')
          chunks.push(chunk)
          this.#hold(share, chunk.length)
        } else if (size > this.limits.each * CUT_OFF_FACTOR) {
          req.pause()
          resolve(problem)
        }
      })
      req.on('end', () =>
        resolve(problem ?? (chunks.length === 1 ? chunks[0] : undefined) ?? Buffer.concat(chunks)),
      )
      req.on('close', () => {
        if (req.complete) return
        if (problem === undefined) giveUp('aborted')
        resolve('aborted')
      })
    })
  }

  release(body: Buffer, share: string): void {
    this.#hold(share, -body.length)
  }

  #fits(share: string, bytes: number): boolean {
    const { total, share: most } = this.limits
    return this.#held + bytes <= total && (this.#shares.get(share) ?? 0) + bytes <= most
  }

  #hold(share: string, bytes: number): void {
    this.#held += bytes
    const held = (this.#shares.get(share) ?? 0) + bytes
    if (held > 0) this.#shares.set(share, held)
    else this.#shares.delete(share)
  }
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
