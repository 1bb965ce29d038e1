import type { Seconds } from '../../time.ts'

interface Resting {
  state: unknown
  touchedAt: Seconds
  /** Null: as long as the stream. */
  expiresAt: Seconds | null
}

/**
 * States that nothing has touched for a while, each as one short text: of a large merchant there are millions, and as
 * objects they take three times the memory.
 */
export class RestingStates {
  readonly #texts = new Map<string, string>()

  put(key: string, { state, touchedAt, expiresAt }: Resting): void {
    this.#texts.set(key, JSON.stringify([expiresAt, touchedAt, state]))
  }

  /** Takes it out, its state as JSON. */
  take(key: string): (Resting & { state: string }) | undefined {
    const text = this.#texts.get(key)
    this.#texts.delete(key)
    return text === undefined ? undefined : read(text)
  }

  dropExpired(now: Seconds): void {
    for (const [key, text] of this.#texts) {
      const { expiresAt } = read(text)
      if (expiresAt !== null && expiresAt < now) this.#texts.delete(key)
    }
  }

  *entries(): Generator<[key: string, Resting & { state: string }]> {
    for (const [key, text] of this.#texts) yield [key, read(text)]
  }
}

/** What stands before the state is read without parsing the state. */
function read(text: string): Resting & { state: string } {
  const first = text.indexOf(',')
  const second = text.indexOf(',', first + 1)
  const expiresAt = text.slice(1, first)
  return {
    expiresAt: expiresAt === 'null' ? null : Number(expiresAt),
    touchedAt: Number(text.slice(first + 1, second)),
    state: text.slice(second + 1, -1),
  }
}
