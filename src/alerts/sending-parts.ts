import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { Channels } from './channels/registry.ts'

/** What sending needs besides the tenant's scope. */
export interface SendingParts {
  channels: Channels
  vault: Vault
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'alertsSent' | 'alertsFailed'>
  tracer: Tracer
  /** Where pages begin: PUBLIC_URL, or the address that the server listens on. */
  baseUrl: () => string
  /** From 0 to 1, for the spread of retries. */
  chance: () => number
  /** How many mails have asked an address since a time, whichever tenants sent them. */
  verificationsOf: (address: string, since: Date) => Promise<number>
  /** Hints that a tenant's feed has grown. */
  feedGrew: (tenantId: string) => void
}
