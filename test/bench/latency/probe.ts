import { Agent, request } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import WebSocket from 'ws'
import { z } from 'zod'
import { body, event, sign } from '../../support/stripe/events.ts'
import { invoice } from '../../support/stripe/invoices.ts'
import { chargeEvent } from '../ingest/workload.ts'

/** Delivers events and hears of them again, in one process and so by one clock. */

const tenantShape = z.object({ token: z.string(), secret: z.string(), key: z.string() })
export const probeOrder = z.union([
  z.object({ connect: z.object({ port: z.number(), tenants: z.array(tenantShape) }) }),
  z.object({
    deliver: z.object({
      /** Number of the first event; none is used twice. */
      from: z.number(),
      count: z.number(),
      /** Events a second; without it each of many connections delivers as soon as it is answered. */
      rate: z.number().optional(),
      /** Every so many events one that raises an anomaly; 0: none. */
      anomalyEvery: z.number(),
    }),
  }),
])
export type ProbeOrder = z.infer<typeof probeOrder>
type Deliver = Extract<ProbeOrder, { deliver: unknown }>['deliver']

/** Milliseconds from the answer to the frame, of each that came. */
export const probeResult = z.object({
  seconds: z.number(),
  events: z.array(z.number()),
  anomalies: z.array(z.number()),
  eventsExpected: z.number(),
  anomaliesExpected: z.number(),
  /** Subscriptions that the server ended: those miss what follows. */
  ended: z.number(),
  /** Deliveries that were answered 503 and sent again. */
  retried: z.number(),
  /** By how many milliseconds this process itself was late, p99. */
  lateness: z.number(),
})
export type ProbeResult = z.infer<typeof probeResult>

const CONNECTIONS = 64
/** Milliseconds after which a frame that has not come is lost. */
const LOST_AFTER_MS = 30_000
const RETRY_AFTER_MS = 200

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
let port = 0
let tenants: z.infer<typeof tenantShape>[] = []
/** When the answer came, by the event's id and by that of its invoice, and when the frame did. */
const answered = new Map<string, number>()
const framed = new Map<string, number>()
let ended = 0
let retried = 0

const eventFrame = z.object({ eventReceived: z.object({ stripeId: z.string() }) })
const anomalyFrame = z.object({
  anomalyDetected: z.object({ node: z.object({ subjects: z.array(z.object({ stripeId: z.string() })) }) }),
})
const message = z.object({
  type: z.string(),
  payload: z.object({ data: z.unknown() }).optional().catch(undefined),
})

async function subscribe(key: string): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, ['graphql-transport-ws'])
  await new Promise((resolve) => socket.once('open', resolve))
  const acknowledged = new Promise((resolve) => socket.once('message', resolve))
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
  await acknowledged
  socket.on('close', () => {
    ended += 1
  })
  socket.on('message', (text) => {
    const at = performance.now()
    const { type, payload } = message.parse(JSON.parse(String(text)))
    if (type === 'error' || type === 'complete') ended += 1
    const asEvent = eventFrame.safeParse(payload?.data)
    if (asEvent.success) framed.set(asEvent.data.eventReceived.stripeId, at)
    const asAnomaly = anomalyFrame.safeParse(payload?.data)
    for (const { stripeId } of asAnomaly.data?.anomalyDetected.node.subjects ?? []) framed.set(stripeId, at)
  })
  const queries = {
    events: 'subscription { eventReceived { stripeId type status } }',
    anomalies:
      'subscription { anomalyDetected { cursor node { id title message severity subjects { stripeId } } } }',
  }
  for (const [id, query] of Object.entries(queries))
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }))
}

interface Delivery {
  text: string
  /** Under which its frame is known. */
  ids: { event: string; invoice?: string }
}

function deliveryOf(number: number, raisesAnomaly: boolean): Delivery {
  const created = Math.floor(Date.now() / 1_000)
  if (!raisesAnomaly) {
    const text = chargeEvent(number, created)
    return { text, ids: { event: z.object({ id: z.string() }).parse(JSON.parse(text)).id } }
  }
  const ids = { event: `evt_negative${number}`, invoice: `in_negative${number}` }
  // A subscription of its own: renewed a second time, a shared one would raise anomalies of that.
  const negative = invoice({
    id: ids.invoice,
    total: -9_900,
    customer: `cus_negative${number}`,
    subscription: `sub_negative${number}`,
    created,
  })
  return { text: body(event('invoice.finalized', negative, { id: ids.event, created })), ids }
}

/** Delivers until it is accepted, as Stripe does. */
async function send(number: number, delivery: Delivery): Promise<void> {
  while (!(await attempt(number, delivery))) {
    retried += 1
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS))
  }
}

/** @returns whether it was accepted */
function attempt(number: number, { text, ids }: Delivery): Promise<boolean> {
  const tenant = tenants[number % tenants.length]
  if (!tenant) throw new Error('no tenants')
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'stripe-signature': sign(text, tenant.secret, Math.floor(Date.now() / 1_000)),
  }
  const path = `/webhook/${tenant.token}`
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: '127.0.0.1', path, method: 'POST', headers, agent },
      (response) => {
        const { statusCode } = response
        if (statusCode !== 200 && statusCode !== 503)
          reject(new Error(`a delivery was answered ${statusCode}`))
        response.resume().on('end', () => {
          if (statusCode === 503) return resolve(false)
          const at = performance.now()
          for (const id of Object.values(ids)) answered.set(id, at)
          resolve(true)
        })
      },
    )
    outgoing.on('error', reject).end(text)
  })
}

async function deliver({ from, count, rate, anomalyEvery }: Deliver): Promise<ProbeResult> {
  retried = 0
  answered.clear()
  framed.clear()
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  const began = performance.now()
  let next = 0
  const one = () => {
    const number = from + next
    next += 1
    return send(number, deliveryOf(number, anomalyEvery > 0 && number % anomalyEvery === 0))
  }
  if (rate === undefined) {
    const worker = async () => {
      while (next < count) await one()
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  } else {
    const underway: Promise<void>[] = []
    while (next < count) {
      while (next < count && next < ((performance.now() - began) / 1_000) * rate) underway.push(one())
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(underway)
  }
  const seconds = (performance.now() - began) / 1_000
  await allFramed()
  delays.disable()
  const after = (isInvoice: boolean): number[] =>
    [...answered].flatMap(([id, at]) => {
      const frame = framed.get(id)
      // A frame may overtake the answer.
      return id.startsWith('in_') === isInvoice && frame !== undefined ? [Math.max(0, frame - at)] : []
    })
  return {
    seconds,
    events: after(false),
    anomalies: after(true),
    eventsExpected: [...answered.keys()].filter((id) => !id.startsWith('in_')).length,
    anomaliesExpected: [...answered.keys()].filter((id) => id.startsWith('in_')).length,
    ended,
    retried,
    lateness: delays.percentile(99) / 1e6,
  }
}

/** Resolves when there is a frame of everything that was answered, or what is left is lost. */
async function allFramed(): Promise<void> {
  const deadline = performance.now() + LOST_AFTER_MS
  const missing = () => [...answered.keys()].some((id) => !framed.has(id))
  while (missing() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
}

async function obey(order: ProbeOrder): Promise<object> {
  if ('deliver' in order) return deliver(order.deliver)
  port = order.connect.port
  tenants = order.connect.tenants
  for (const { key } of tenants) await subscribe(key)
  return {}
}

process.on('message', (order) => {
  obey(probeOrder.parse(order)).then((answer) => process.send?.(answer))
})
process.send?.('ready')
