/** What is known of a step; ids and counts, never a payload or a secret. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** A step under way. */
export interface Span {
  set(attributes: Attributes): void
}

/**
 * Says where the time of an event's way goes: `delivery`, `pass` with its `record` and `notify`, `alert`. What is begun within
 * a step belongs to it.
 */
export interface Tracer {
  /** @throws what `work` throws, which the span keeps */
  span<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T>
  /** Resolves when what is left has been sent, or cannot be. */
  close(): Promise<void>
}

const UNSEEN: Span = { set: () => {} }

/** Nobody asks: only the work is done. */
export const noTracer: Tracer = {
  span: (_name, _attributes, work) => work(UNSEEN),
  close: async () => {},
}

export interface TracingOptions {
  /** OTEL_EXPORTER_OTLP_ENDPOINT, without a slash at the end; undefined: nothing is traced. */
  endpoint: string | undefined
  /** OTEL_EXPORTER_OTLP_HEADERS. */
  headers: Readonly<Record<string, string>>
  version: string
  log: { warn(fields: object, message: string): void }
}
