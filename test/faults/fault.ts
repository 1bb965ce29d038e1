/** How a fault is run: for as long as it was designed for, or for some seconds in a suite. */
export interface FaultOptions {
  short: boolean
  /** A line about what is going on. */
  say(line: string): void
}

/** Something that must hold while the fault lasts or after it. */
export interface Check {
  what: string
  ok: boolean
  /** The figures behind it. */
  seen: string
}

/** Something that goes wrong around a real set-up, with what must hold all the same. */
export interface Fault {
  /** As `npm run test:faults -- NAME` takes it. */
  name: string
  description: string
  /** What it needs and does not have, in words for people; undefined: it can run here. */
  missing(): Promise<string | undefined>
  run(options: FaultOptions): Promise<Check[]>
}
