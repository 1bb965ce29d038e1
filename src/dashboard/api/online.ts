/** Shorter interruptions are not worth a word. Milliseconds. */
const GRACE = 3_000

/** Whether the server is reached, for `useSyncExternalStore`. */
export class Online {
  #online = true
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #listeners = new Set<() => void>()

  /** False once the server has been away for three seconds. */
  readonly get = (): boolean => this.#online

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  reached(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#set(true)
  }

  lost(): void {
    this.#timer ??= setTimeout(() => this.#set(false), GRACE)
  }

  #set(online: boolean): void {
    if (online === this.#online) return
    this.#online = online
    for (const listener of this.#listeners) listener()
  }
}
