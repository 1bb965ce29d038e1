import { NewerStateError } from '../detection/engine/states.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { believeJumps, comeBack, recordJump } from '../storage/clocks.ts'
import { backOff } from '../storage/detection/back-off.ts'
import { ServingError } from '../storage/detection/claims.ts'
import { databaseTime } from '../storage/health.ts'
import { type Jump, TimerTime } from '../time/timer-time.ts'
import { type Clock, othersFirst, stopwatch } from '../time.ts'
import { createPipeline, type Judged, judgeDue, type Pipeline, type PipelineParts } from './pass.ts'

export interface WorkerOptions extends PipelineParts {
  clock: Clock
  log: Logger
  metrics: Metrics
}

const JUMPS = {
  ignored: 'the clock jumped: timers do not follow until it has stood for 10 minutes',
  reversed: 'the clock came back from its jump',
  believed: 'the clock is believed as it is',
  followed: 'the jump of the clock has stood for 10 minutes: timers follow it',
} as const

/** A lost hint costs at most this long: due work is looked for this often anyway. Milliseconds. */
const POLL = 1_000

/**
 * A pass that took longer than this lets work gather for half of the time that it took: judging does not keep up, and a
 * tenant's turn costs much the same for one event as for several. Half, so that passes become short again when it does:
 * gathering as long as it took, half of what a process can do keeps them long. Milliseconds.
 */
const LONG_PASS = 50
const MAX_GATHERING = 100

/** Longer than any pass takes, or a database is away at a fail-over. Milliseconds. */
const ABLE_FOR = 30_000

/** A tenant with state of a newer program is looked at again after this long: that program may have been taken back. Milliseconds. */
const LEFT_FOR = 5 * 60_000

/** When this many tenants are left to others, this process is outdated and rests until it may look at them again. */
const MAX_LEFT = 1_000

/** Judges what is due, one tenant after the other, until it is stopped. Several may run, in one process or many. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #pipeline: Pipeline
  /** Tenants left to processes of a newer version, and until when. */
  readonly #left = new Map<string, number>()
  #stopping = false
  #wakeUp: () => void = () => {}
  #running: Promise<void> | undefined

  readonly #time: TimerTime
  /** By the stopwatch, when it last looked for work; a look that the database failed does not count. */
  #lookedAt = stopwatch()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#pipeline = createPipeline(options)
    const { database, clock } = options
    this.#time = new TimerTime({
      clock,
      // SQLite has the clock of this machine.
      witness: database.engine === 'postgresql' ? () => databaseTime(database) : undefined,
      onJump: (jump) => this.#jumped(jump),
    })
  }

  /** Whether it gets through its work: a pass that hangs, or a database that gives it none, makes it unable. */
  get able(): boolean {
    return stopwatch() - this.#lookedAt < ABLE_FOR
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the batch under way is stored. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wakeUp()
    await this.#running
  }

  async #run(): Promise<void> {
    let hinted = false
    const unsubscribe = this.#options.bus.subscribe('work', () => {
      hinted = true
      this.#wakeUp()
    })
    await this.#believeClock()
    while (!this.#stopping) {
      hinted = false
      const began = stopwatch()
      const served = await this.#serve()
      if (!served && !hinted && !this.#stopping) await this.#rest()
      const took = stopwatch() - began
      if (served && hinted && took > LONG_PASS && !this.#stopping) await gathering(took / 2)
      await othersFirst()
    }
    unsubscribe()
  }

  /** @returns whether there may be more to do at once */
  async #serve(): Promise<boolean> {
    const { log } = this.#options
    const passOver = this.#leftToOthers()
    if (passOver.length >= MAX_LEFT) return false
    try {
      const served = await judgeDue(this.#pipeline, await this.#time.now(), passOver)
      this.#lookedAt = stopwatch()
      for (const one of served) this.#report(one)
      return served.length > 0
    } catch (error) {
      // One tenant's trouble: the others are served.
      if (error instanceof ServingError) this.#lookedAt = stopwatch()
      if (error instanceof ServingError && error.cause instanceof NewerStateError) {
        this.#leave(error.tenantId, error.cause)
        return true
      }
      log.error(
        { err: error, ...(error instanceof ServingError && { tenant: error.tenantId }) },
        'detection failed',
      )
      if (!(error instanceof ServingError)) return false
      await backOff(this.#options.database, error.tenantId, await this.#time.now()).catch((err: unknown) =>
        log.error({ err }, 'no back-off'),
      )
      return true
    }
  }

  async #jumped(jump: Jump): Promise<void> {
    const { database, log } = this.#options
    log.warn({ seconds: jump.seconds, outcome: jump.outcome }, JUMPS[jump.outcome])
    await recordJump(database, jump).catch((err: unknown) =>
      log.error({ err }, 'a jump of the clock is not recorded'),
    )
    // What was stored meanwhile has times that lie ahead.
    if (jump.outcome !== 'ignored') await this.#comeBack()
  }

  /** At the start there is nothing to hold the wall clock against. */
  async #believeClock(): Promise<void> {
    const { database, log } = this.#options
    await believeJumps(database).catch((err: unknown) =>
      log.error({ err }, 'jumps of the clock are not recorded'),
    )
    await this.#comeBack()
  }

  /** The wall clock is right: what is ahead of it was moved there by a clock that was wrong. */
  async #comeBack(): Promise<void> {
    const { database, clock, log } = this.#options
    try {
      const streams = await comeBack(database, clock.now())
      if (streams > 0) log.warn({ streams }, 'streams were ahead of the clock and came back to it')
    } catch (err) {
      log.error({ err }, 'could not look for streams that are ahead of the clock')
    }
  }

  /** No back-off: it would hold up the process that can judge this tenant. */
  #leave(tenant: string, { message }: NewerStateError): void {
    const { clock, log } = this.#options
    this.#left.set(tenant, clock.steady() + LEFT_FOR)
    log.warn({ tenant, reason: message }, 'a newer version judges this tenant: left to it')
  }

  #leftToOthers(): string[] {
    const now = this.#options.clock.steady()
    for (const [tenant, until] of this.#left) if (until <= now) this.#left.delete(tenant)
    return [...this.#left.keys()]
  }

  #report({ tenantId, outcome, arrivals }: Judged): void {
    const { log, metrics, clock } = this.#options
    const now = clock.now().getTime()
    for (const arrival of arrivals)
      metrics.judgingLagSeconds.observe(Math.max(0, now - arrival.getTime()) / 1_000)
    metrics.eventsJudged.inc(outcome.marks.length)
    for (const { stripeId, error } of outcome.marks) {
      if (error === null) continue
      metrics.eventsFailed.inc()
      log.error({ tenant: tenantId, event: stripeId, error }, 'an event could not be judged')
    }
    for (const timer of outcome.brokenTimers)
      log.error({ tenant: tenantId, error: timer }, 'a timer of a detector failed')
    for (const { incidents } of outcome.streams) {
      for (const { incident, change } of incidents) {
        if (change === 'ANOMALY_RAISED') metrics.anomaliesRaised.inc({ detector: incident.detector })
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const gathering = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(ms, MAX_GATHERING)))
