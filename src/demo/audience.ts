import type { Business } from './businesses.ts'
import type { ReceivedAlert } from './receiver.ts'
import type { Trade } from './trade.ts'
import type { WatchedAnomaly } from './watch.ts'

/** A tenant of the running demo. */
export interface DemoTenant {
  id: string
  business: Business
  trade: Trade
  apiKey: string
  webhookUrl: string
  webhookSecret: string
  history: { events: number; anomalies: number }
  /** Live webhooks that were answered 200. */
  delivered: number
  /** What its subscriptions have sent, by id, in the order raised, in its newest state. */
  anomalies: Map<string, WatchedAnomaly>
  /** What came to its receiver of alerts. */
  alerts: ReceivedAlert[]
}

/** Is notified while the demo runs. */
export interface Audience {
  /** Long work goes on. */
  progress(message: string): void
  /**
   * The history is in, the server listens at `url`, and live webhooks are about to begin.
   * @param links for each tenant one that signs in to its dashboard, once and within five minutes
   */
  ready(url: string, tenants: readonly DemoTenant[], links: readonly string[]): void
  began(tenant: DemoTenant, about: string): void
  raised(tenant: DemoTenant, anomaly: WatchedAnomaly): void
  /** @param before as it was last shown; undefined when it was not shown yet */
  changed(tenant: DemoTenant, anomaly: WatchedAnomaly, kind: string, before: WatchedAnomaly | undefined): void
  alerted(tenant: DemoTenant, alert: ReceivedAlert): void
  /** Another webhook was accepted. */
  delivered(tenants: readonly DemoTenant[]): void
}
