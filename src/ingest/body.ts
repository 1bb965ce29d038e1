import type { IncomingMessage } from 'node:http'

export type BodyProblem = 'too_large' | 'busy' | 'aborted'

export interface BodyLimits {
  /** Bytes of one body. */
  each: number
  /** Bytes of all bodies together that are being read or verified. */
  total: number
}

export const BODY_LIMITS: BodyLimits = { each: 1024 * 1024, total: 64 * 1024 * 1024 }

/** Past so many times the limit a sender is cut off; before, it is read to its end, so that it sees its answer. */
const PATIENCE = 8

/** Reads bodies that nobody has vouched for yet, with bounded memory for each and for all together. */
export class BodyReader {
  #held = 0

  constructor(private readonly limits: BodyLimits = BODY_LIMITS) {}

  /** Bytes in memory now. */
  get held(): number {
    return this.#held
  }

  /**
   * The whole body, counted as held until `release`; or why there is none, with nothing held.
   * After a problem the rest of the body is read and dropped.
   */
  read(req: IncomingMessage): Promise<Buffer | BodyProblem> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = []
      let size = 0
      let problem: BodyProblem | undefined
      const giveUp = (reason: BodyProblem): void => {
        problem = reason
        this.#held -= sizeOf(chunks)
        chunks.length = 0
      }
      req.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (problem === undefined) {
          if (size > this.limits.each) return giveUp('too_large')
          if (this.#held + chunk.length > this.limits.total) return giveUp('busy')
          chunks.push(chunk)
          this.#held += chunk.length
        } else if (size > this.limits.each * PATIENCE) {
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

  release(body: Buffer): void {
    this.#held -= body.length
  }
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
