import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql'
import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { RecentCache } from '../operations/recent-cache.ts'
import type { SharedText } from './unsent-bytes.ts'

/** Bytes of results that are kept for subscribers who are a little behind the first. */
const MAX_BYTES = 32 * 1024 * 1024

/** The result of one event for every subscriber with the same rights and operation, serialized once. */
interface SharedResult extends ExecutionResult {
  /** Yoga calls this instead of JSON.stringify; undefined for a result with errors, which carry their request's id. */
  stringify?: () => string
}

const texts = new WeakMap<object, SharedText>()

/** The JSON of a result that others share; undefined for one that is not shared. */
export const sharedTextOf = (result: object): SharedText | undefined => texts.get(result)

/**
 * Subscriptions execute each event once for all subscribers of the same tenant, rights, operation and variables. The
 * events themselves are the same objects for all who follow a feed live.
 */
export function sharedExecution(): Plugin<Context> {
  const recent = new RecentCache<SharedResult>(MAX_BYTES, (result) => texts.get(result)?.bytes.length ?? 0)
  const documents = new WeakMap<object, number>()
  let known = 0
  const variantOf = ({ document, operationName, variableValues, contextValue }: SharedArgs): string => {
    if (!documents.has(document)) documents.set(document, ++known)
    const { tenantId, role, operator } = contextValue.caller
    return JSON.stringify([tenantId, role, operator, documents.get(document), operationName, variableValues])
  }
  return {
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn(async () => {
        const source = await createSourceEventStream(args)
        if (!isAsyncIterable(source)) return source
        const variant = variantOf(args)
        const run = async (rootValue: unknown): Promise<SharedResult> => {
          const { services, caller } = args.contextValue
          // Another operation on the same event waits for its own turn.
          await services.queue.turn(caller.tenantId ?? '').catch(() => {})
          return written(await execute({ ...args, rootValue }))
        }
        return mapAsyncIterator(source, (event: unknown) =>
          typeof event === 'object' && event !== null
            ? recent.get(event, variant, () => run(event))
            : run(event),
        )
      })
    },
  }
}

type SharedArgs = ExecutionArgs & { contextValue: Context }

function written(result: ExecutionResult): SharedResult {
  if (result.errors) return result
  const text = JSON.stringify(result)
  const shared: SharedResult = { ...result, stringify: () => text }
  texts.set(shared, { bytes: Buffer.from(text), holders: 0 })
  return shared
}
