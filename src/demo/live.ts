import { setTimeout as sleep } from 'node:timers/promises'
import { deliver, type PostResult } from '../simulator/post.ts'
import { type Seconds, systemClock, toSeconds } from '../time.ts'
import type { Audience, DemoTenant } from './audience.ts'
import { watch } from './watch.ts'

/** Delay of the first tenant's first incident, and between the first incidents of two tenants. */
const FIRST: Seconds = 2
const APART: Seconds = 3

/** Interval between a tenant's incidents after that. */
const EVERY: Seconds = 40

/** How often arrivals are posted. Milliseconds. */
const TICK = 250

export interface LiveOptions {
  audience: Audience
  signal: AbortSignal
  /** How long it lasts; undefined: until `signal`. */
  seconds?: number | undefined
}

/**
 * Posts the tenants' webhooks as they happen, begins incidents, and shows what their subscriptions send, until
 * the time is over or `signal` is aborted.
 * @throws what the server refused a webhook or a subscription with
 */
export async function runLive(
  { url, tenants }: { url: string; tenants: readonly DemoTenant[] },
  { audience, signal, seconds }: LiveOptions,
): Promise<void> {
  const broken = new AbortController()
  const fail = (error: unknown): void => broken.abort(error)
  const over = seconds === undefined ? [] : [AbortSignal.timeout(seconds * 1000)]
  const stop = AbortSignal.any([signal, broken.signal, ...over])
  const watches = await Promise.all(tenants.map((tenant) => follow(url, tenant, audience, fail)))
  await Promise.all(tenants.map((tenant) => trade(tenant, tenants, audience, stop).catch(fail)))
  await Promise.all(watches.map((close) => close()))
  if (broken.signal.aborted) throw broken.signal.reason
}

/** Shows what the tenant's subscriptions send, and stores it. */
const follow = (
  url: string,
  tenant: DemoTenant,
  audience: Audience,
  onError: (error: Error) => void,
): Promise<() => Promise<void>> =>
  watch({
    url,
    apiKey: tenant.apiKey,
    onRaised(anomaly) {
      tenant.anomalies.set(anomaly.id, anomaly)
      audience.raised(tenant, anomaly)
    },
    onChanged(anomaly, kind) {
      const before = tenant.anomalies.get(anomaly.id)
      if (before) tenant.anomalies.set(anomaly.id, anomaly)
      audience.changed(tenant, anomaly, kind, before)
    },
    onError,
  })

/** Everyday business of one tenant, with an incident now and then. */
async function trade(
  tenant: DemoTenant,
  tenants: readonly DemoTenant[],
  audience: Audience,
  stop: AbortSignal,
): Promise<void> {
  const { acts } = tenant.business
  const place = tenants.indexOf(tenant)
  const began = toSeconds(systemClock.now())
  let begun = 0
  const due = (): Seconds =>
    began + (begun === 0 ? FIRST + APART * place : EVERY * ((begun - 1) * tenants.length + place + 1))
  while (!stop.aborted) {
    const now = toSeconds(systemClock.now())
    await post(tenant, now, () => audience.delivered(tenants), stop)
    if (now >= due()) {
      const act = acts[begun % acts.length] ?? acts[0]
      begun += 1
      tenant.trade.begin(act)
      audience.began(tenant, act.incident.about)
    }
    await sleep(TICK, undefined, { signal: stop }).catch(() => {})
  }
}

/** Posts what has arrived up to `now`, one after the other, signed as Stripe signs. */
async function post(
  tenant: DemoTenant,
  now: Seconds,
  onDelivered: () => void,
  stop: AbortSignal,
): Promise<void> {
  const { webhookUrl: url, webhookSecret: secret } = tenant
  for (const { event } of tenant.trade.arrivals(now)) {
    if (stop.aborted) return
    const result: PostResult = { posted: 0, accepted: 0, duplicates: 0, statuses: {} }
    await deliver(event, { url, secret }, systemClock, result)
    tenant.delivered += result.accepted
    onDelivered()
  }
}
