/**
 * The rooms of `src` from top to bottom: a file imports from its own room and from those below it, never from above.
 * A room is a file, a folder, or both (`config.ts` with `config/`); of two that fit, a file belongs to the longer one.
 */
export const ROOMS: readonly string[] = [
  // The page: a client of the API that shares no code with the server.
  'dashboard',
  // The command, and the process.
  'billingwatch',
  'cli',
  'demo',
  'server',
  'app',
  'api',
  // A delivery comes in and is stored once.
  'ingest',
  // What tenants read.
  'graphql',
  'export',
  // What leaves to people.
  'alerts',
  // Stripe's API: the past, and the proof.
  'connect',
  // What goes round: retention.
  'janitor',
  // Judging: what comes, and the past anew.
  'pipeline',
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
  'tracing',
  'log',
  'config',
  'ids',
  'errors',
  'actor',
  'time',
]
