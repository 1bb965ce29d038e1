import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { stopwatch, systemClock } from '../time.ts'
import type { Attributes, Span, Tracer, TracingOptions } from './tracer.ts'

/** Spans wait this long for others, and go together. Milliseconds. */
const GATHER_MS = 1_000
/** Spans of one message; when more than MAX_WAITING wait, a collector that is away costs spans, not memory. */
const BATCH = 512
const MAX_WAITING = 4_096
/** Milliseconds. */
const ANSWER_WITHIN = 5_000

interface Finished {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  kind: number
  attributes: Attribute[]
  status: { code: number; message?: string }
}

interface Attribute {
  key: string
  value: { stringValue: string } | { boolValue: boolean } | { intValue: string } | { doubleValue: number }
}

/** What OTLP calls SERVER, CLIENT, INTERNAL; OK is unset, as the specification wants it of libraries. */
const KINDS: Readonly<Record<string, number>> = { delivery: 2, alert: 3 }
const INTERNAL = 1
const UNSET = 0
const ERROR = 2

/** OpenTelemetry's protocol over HTTP, in JSON: `POST {endpoint}/v1/traces`. */
export class OtlpTracer implements Tracer {
  readonly #options: TracingOptions & { endpoint: string }
  readonly #current = new AsyncLocalStorage<{ traceId: string; spanId: string }>()
  #waiting: Finished[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> = Promise.resolve()
  #isAway = false

  constructor(options: TracingOptions & { endpoint: string }) {
    this.#options = options
  }

  async span<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
    const parent = this.#current.getStore()
    const ids = { traceId: parent?.traceId ?? hex(16), spanId: hex(8) }
    const known = { ...attributes }
    const [startedAt, began] = [systemClock.now().getTime(), stopwatch()]
    let status: Finished['status'] = { code: UNSET }
    try {
      return await this.#current.run(ids, () => work({ set: (more) => void Object.assign(known, more) }))
    } catch (error) {
      // Its name alone: messages of drivers may quote what they failed on.
      status = { code: ERROR, message: error instanceof Error ? error.name : 'error' }
      throw error
    } finally {
      this.#finish({
        ...ids,
        parentSpanId: parent?.spanId ?? '',
        name,
        startTimeUnixNano: nanoseconds(startedAt),
        endTimeUnixNano: nanoseconds(startedAt + stopwatch() - began),
        kind: KINDS[name] ?? INTERNAL,
        attributes: attributesOf(known),
        status,
      })
    }
  }

  async close(): Promise<void> {
    this.#flush()
    await this.#sending
  }

  #finish(span: Finished): void {
    if (this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(span)
    if (this.#waiting.length >= BATCH) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS).unref()
  }

  /** One message after the other. */
  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending = this.#sending.then(async () => {
      while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, BATCH))
    })
  }

  async #send(spans: readonly Finished[]): Promise<void> {
    const { endpoint, headers, version, log } = this.#options
    const resource = {
      attributes: attributesOf({ 'service.name': 'billingwatch', 'service.version': version }),
    }
    const scopeSpans = [{ scope: { name: 'billingwatch' }, spans }]
    try {
      const response = await fetch(`${endpoint}/v1/traces`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }),
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`the collector answered ${response.status}`)
      this.#isAway = false
    } catch (err) {
      // Said once: it is the collector's trouble, and ours goes on.
      if (!this.#isAway) log.warn({ err }, 'traces cannot be sent, and are dropped')
      this.#isAway = true
    }
  }
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

const nanoseconds = (milliseconds: number): string =>
  String(BigInt(Math.round(milliseconds * 1_000)) * 1_000n)

const attributesOf = (attributes: Attributes): Attribute[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: typed(value) }))

function typed(value: Attributes[string]): Attribute['value'] {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
