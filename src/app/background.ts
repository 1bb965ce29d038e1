import { type AlertServices, Alerts } from '../alerts/alerts.ts'
import { SnoozeWatch } from '../anomalies/snooze-watch.ts'
import { Importer } from '../connect/importer.ts'
import { stripeMeans } from '../connect/means.ts'
import { Reconciler } from '../connect/reconciler.ts'
import { DETECTORS } from '../detection/registry.ts'
import type { Checks } from '../http/health.ts'
import { Janitor } from '../janitor.ts'
import { Rebuilder } from '../pipeline/rebuild/rebuilder.ts'
import { Worker } from '../pipeline/worker.ts'
import type { Parts } from './web.ts'

/** What goes on by itself: judging, fetching the past, comparing with Stripe, rebuilding, alerting, cleaning up. */
export interface Background {
  /** What has to hold for it to judge, beside the database. */
  checks: Checks
  start(): void
  /** Resolves when what is under way is stored. */
  stop(): Promise<void>
}

export function createBackground({ shared: { bus }, ...parts }: Parts, channels: AlertServices): Background {
  const { config, database, clock, log, metrics } = parts
  const detectors = DETECTORS
  const worker = new Worker({ database, bus, detectors, clock, log, metrics, tracer: parts.tracer })
  const means = stripeMeans(config, () => config)
  const loops = [
    worker,
    new Rebuilder({ database, bus, detectors, clock, log, metrics }),
    new Importer({ ...parts, bus, detectors, means }),
    new Reconciler({ ...parts, bus, detectors, means }),
    new Alerts({ ...parts, bus }, channels),
    new SnoozeWatch({ database, bus, clock, log }),
    new Janitor({ config, database, detectors, clock, log }),
  ]
  return {
    checks: { judging: () => worker.able },
    start: () => {
      for (const loop of loops) loop.start()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}
