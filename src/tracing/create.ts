import { noTracer, type Tracer, type TracingOptions } from './tracer.ts'

/** What sends spans is loaded only where somebody asks for them. */
export async function createTracer({ endpoint, ...options }: TracingOptions): Promise<Tracer> {
  if (endpoint === undefined) return noTracer
  const { OtlpTracer } = await import('./otlp.ts')
  return new OtlpTracer({ ...options, endpoint })
}
