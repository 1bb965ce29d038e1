import { Interrupted, type StopSignal } from './shell.ts'

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Lets work end between two of its steps when the process gets a signal to stop; a second signal ends it at once.
 * @param work checks `stop.requested` between its steps
 */
export async function stoppable<T>(work: (stop: Stop) => Promise<T>): Promise<T> {
  const stop = new Stop()
  const onSignal = (signal: StopSignal): void => {
    if (stop.requested !== undefined) process.exit(1)
    stop.request(signal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  // A command that only waits has nothing else that keeps the process alive.
  const alive = setInterval(() => {}, 60_000)
  try {
    return await work(stop)
  } finally {
    clearInterval(alive)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

export class Stop {
  readonly #controller = new AbortController()
  #requested: StopSignal | undefined

  /** The signal that asked for it. */
  get requested(): StopSignal | undefined {
    return this.#requested
  }

  /** Aborted when it was requested. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  request(signal: StopSignal): void {
    this.#requested = signal
    this.#controller.abort()
  }

  /** @throws Interrupted when it was requested */
  check(message: () => string): void {
    if (this.requested !== undefined) throw new Interrupted(message(), this.requested)
  }
}
