import { Interrupted, type StopSignal } from './shell.ts'

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Lets work come to an end between two of its steps when the process is told to stop; told twice it ends at once.
 * @param work checks `stop.requested` between its steps
 */
export async function stoppable<T>(work: (stop: Stop) => Promise<T>): Promise<T> {
  const stop = new Stop()
  const onSignal = (signal: StopSignal): void => {
    if (stop.requested !== undefined) process.exit(1)
    stop.requested = signal
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await work(stop)
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

export class Stop {
  /** The signal that asked for it. */
  requested: StopSignal | undefined

  /** @throws Interrupted when it was requested */
  check(message: () => string): void {
    if (this.requested !== undefined) throw new Interrupted(message(), this.requested)
  }
}
