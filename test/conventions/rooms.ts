/**
 * The rooms of `src` from top to bottom: a file imports from its own room and from those below it, never from above.
 * A room is a file, a folder, or both (`config.ts` with `config/`); of two that fit, a file belongs to the longer one.
 */
export const ROOMS: readonly string[] = [
  // The command, and the process.
  'billingwatch',
  'cli',
  'demo',
  'server',
  'app',
  'api',
  // The way of an event: stored once, then judged.
  'ingest',
  'pipeline',
  // What tenants read.
  'graphql',
  'export',
  // What goes round: retention.
  'janitor',
  // People, and all that they can reach.
  'anomalies',
  'tenancy',
  'storage',
  // Pure.
  'detection/registry',
  'detection/engine',
  'detection/detectors',
  'detection/kit',
  'detection/statistics',
  'detection/detector',
  'stripe',
  'simulator',
  'calendar',
  // Contracts with adapters.
  'bus',
  'http',
  'limits',
  // Single files that everybody may use.
  'metrics',
  'log',
  'config',
  'ids',
  'errors',
  'actor',
  'time',
]

/** Imports that point up and have not been untied yet: `from → to`, in paths below src. The list only gets shorter. */
export const UPWARD: readonly string[] = ['storage/detection/history.ts → pipeline/replay.ts']

/** Files that import each other in a circle, by the first of each circle in alphabetical order. This one, too. */
export const CIRCLES: readonly string[] = ['storage/database.ts', 'storage/migrate.ts']
