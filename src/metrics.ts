import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What the process counts of itself. Never by tenant: the number of series must not grow with customers. */
export interface Metrics {
  registry: Registry
  /** Webhook deliveries by what became of them (src/ingest/outcomes.ts). */
  deliveries: Counter<'outcome'>
  /** Seconds from a delivery's headers to its answer. */
  answerSeconds: Histogram
  /** Verified deliveries that wait for their commit, and the bytes of their bodies. */
  inboxWaiting: Gauge
  inboxWaitingBytes: Gauge
  /** Deliveries in one commit, and the seconds it took. */
  commitDeliveries: Histogram
  commitSeconds: Histogram
  eventsJudged: Counter
  eventsFailed: Counter
  anomaliesRaised: Counter<'detector'>
  /** Seconds since the event came that has waited longest to be judged, of all tenants; 0: none waits. */
  oldestWaitingSeconds: Gauge
  /** Seconds from an event's arrival to its judgement. */
  judgingLagSeconds: Histogram
  /** Rebuilds of a tenant's past by how they ended, and the events that they judged. */
  rebuilds: Counter<'outcome'>
  eventsJudgedAnew: Counter
  /** Connections to Stripe's API by state, and for how many seconds the one is unproven that was proven longest ago. */
  stripeConnections: Gauge<'state'>
  oldestUnprovenSeconds: Gauge
  /** Comparisons with Stripe's list by how they ended, the requests that they took, and the events that they filled in. */
  reconciliations: Counter<'result'>
  stripeRequests: Counter
  eventsFilled: Counter
  /** Open GraphQL subscriptions. */
  subscriptions: Gauge
  /** Messages that a channel took, and attempts that failed, by the channel's kind. */
  alertsSent: Counter<'kind'>
  alertsFailed: Counter<'kind'>
  /** Messages that are due and not delivered, tried in vain or not, and for how many seconds the oldest of them, by kind, of all tenants. */
  alertsWaiting: Gauge<'kind'>
  alertsOldestWaitingSeconds: Gauge<'kind'>
  /** Channels that are disabled since nothing arrives there, by kind. */
  alertChannelsDisabled: Gauge<'kind'>
  /** 1 while Redis answers, 0 while it is away; nothing without REDIS_URL. */
  redisUp: Gauge
}

const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** @param runtime also measures memory, event loop and garbage collection of this process */
export function createMetrics(runtime: boolean): Metrics {
  const registry = new Registry()
  if (runtime) collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name: `billingwatch_${name}`, help, registers })
  const counter = (name: string, help: string) =>
    new Counter({ name: `billingwatch_${name}`, help, registers })
  const labelled = <Label extends string>(name: string, help: string, label: Label) =>
    new Counter({ name: `billingwatch_${name}`, help, registers, labelNames: [label] })
  const labelledGauge = <Label extends string>(name: string, help: string, label: Label) =>
    new Gauge({ name: `billingwatch_${name}`, help, registers, labelNames: [label] })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `billingwatch_${name}`, help, registers, buckets })
  const redisUp = gauge('redis_up', 'Whether the connections to Redis stand; absent without REDIS_URL.')
  // Without labels it would begin at 0, and alarm whoever has no Redis.
  redisUp.remove()
  return {
    registry,
    deliveries: labelled('webhook_deliveries_total', 'Webhook deliveries by outcome.', 'outcome'),
    answerSeconds: histogram('webhook_answer_seconds', 'Time to answer a delivery.', LATENCIES),
    inboxWaiting: gauge('inbox_waiting', 'Verified deliveries that wait for their commit.'),
    inboxWaitingBytes: gauge('inbox_waiting_bytes', 'Bytes of the bodies that wait for their commit.'),
    commitDeliveries: histogram(
      'inbox_commit_deliveries',
      'Deliveries stored by one commit.',
      [1, 2, 4, 8, 16, 32, 64, 128, 256],
    ),
    commitSeconds: histogram('inbox_commit_seconds', 'Time of one commit of deliveries.', LATENCIES),
    eventsJudged: counter('events_judged_total', 'Events that detection is done with.'),
    eventsFailed: counter('events_failed_total', 'Events that a detector could not judge.'),
    anomaliesRaised: labelled('anomalies_raised_total', 'Newly raised anomalies by detector.', 'detector'),
    oldestWaitingSeconds: gauge(
      'oldest_waiting_event_seconds',
      'Age of the event that has waited longest to be judged; a tenant that is stuck shows here.',
    ),
    judgingLagSeconds: histogram(
      'judging_lag_seconds',
      'Time from the arrival of an event to its judgement.',
      [...LATENCIES, 30, 60, 300],
    ),
    rebuilds: labelled('rebuilds_total', "Rebuilds of a tenant's past by outcome.", 'outcome'),
    eventsJudgedAnew: counter('events_judged_anew_total', 'Events that rebuilds have judged once more.'),
    stripeConnections: labelledGauge('stripe_connections', "Connections to Stripe's API by state.", 'state'),
    oldestUnprovenSeconds: gauge(
      'stripe_oldest_unproven_seconds',
      'Seconds since the moment up to which every connection is known to be complete.',
    ),
    reconciliations: labelled(
      'stripe_reconciliations_total',
      "Comparisons with Stripe's list of events by result.",
      'result',
    ),
    stripeRequests: counter('stripe_requests_total', "Requests to Stripe's API for comparing."),
    eventsFilled: counter(
      'stripe_events_filled_total',
      "Events that no webhook had brought and that were filled in from Stripe's API.",
    ),
    subscriptions: gauge('subscriptions', 'Open GraphQL subscriptions.'),
    alertsSent: labelled('alerts_sent_total', 'Alerts that a channel took.', 'kind'),
    alertsFailed: labelled('alerts_failed_total', 'Attempts to deliver an alert that failed.', 'kind'),
    alertsWaiting: labelledGauge(
      'alerts_waiting',
      'Alerts that were due and are not delivered, tried in vain or not.',
      'kind',
    ),
    alertsOldestWaitingSeconds: labelledGauge(
      'alerts_oldest_waiting_seconds',
      'Seconds since the alert was first due that has waited longest.',
      'kind',
    ),
    alertChannelsDisabled: labelledGauge(
      'alert_channels_disabled',
      'Channels that were switched off because nothing arrives there.',
      'kind',
    ),
    redisUp,
  }
}
