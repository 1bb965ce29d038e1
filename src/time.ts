/** Unix time in whole seconds: Stripe's unit, and the only time that detection knows. */
export type Seconds = number

export const MINUTE = 60
export const HOUR = 3_600
export const DAY = 86_400
export const WEEK = 7 * DAY

/** What time it is by the calendar. It may jump: whoever sets it, a network's time or a suspended machine moves it. */
export interface WallClock {
  now(): Date
}

/** The one place where clocks are read; everything else is handed one. */
export interface Clock extends WallClock {
  /** Milliseconds by a clock that only ever runs forward, and evenly: whatever expires in this process does so by it. */
  steady(): number
}

export const systemClock: Clock = { now: () => new Date(), steady: () => performance.now() }

export const toSeconds = (date: Date): Seconds => Math.floor(date.getTime() / 1000)

export const toDate = (at: Seconds): Date => new Date(at * 1000)

/** Resolves when sockets, timers and signals have had a turn: long work on an embedded database waits for nothing else. */
export const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Milliseconds of a clock that never jumps, for measuring how long something took. */
export const stopwatch = (): number => performance.now()
