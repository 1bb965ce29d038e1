import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql'
import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { RecentCache } from './recent-cache.ts'
import type { SharedText } from './unsent-bytes.ts'

/** Bytes of results that are kept for subscribers who are a little behind the first. */
const MAX_BYTES = 32 * 1024 * 1024

/** The result of one event for everybody with the same rights who asked the same, with its JSON written once. */
interface SharedResult extends ExecutionResult {
  /** The engine's way of having JSON written; undefined where errors get their request's id. */
  stringify?: () => string
}

const texts = new WeakMap<object, SharedText>()

/** The JSON of a result that is the same for others; undefined for one that is its own. */
export const sharedTextOf = (result: object): SharedText | undefined => texts.get(result)

/**
 * Subscriptions execute each event once for all subscribers of the same tenant, rights, operation and variables. The
 * events themselves are the same objects for all who follow a feed live.
 */
export function sharedExecution(): Plugin<Context> {
  const recent = new RecentCache<SharedResult>(MAX_BYTES, (result) => texts.get(result)?.bytes.length ?? 0)
  const documents = new WeakMap<object, number>()
  let known = 0
  const wayOf = ({ document, operationName, variableValues, contextValue }: SharedArgs): string => {
    if (!documents.has(document)) documents.set(document, ++known)
    const { tenantId, role, operator } = contextValue.caller
    return JSON.stringify([tenantId, role, operator, documents.get(document), operationName, variableValues])
  }
  return {
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn(async () => {
        const source = await createSourceEventStream(args)
        if (!isAsyncIterable(source)) return source
        const way = wayOf(args)
        const run = async (rootValue: unknown): Promise<SharedResult> => {
          const { services, caller } = args.contextValue
          // Another operation on the same event is a piece of work of its own.
          await services.queue.turn(caller.tenantId ?? '').catch(() => {})
          return written(await execute({ ...args, rootValue }))
        }
        return mapAsyncIterator(source, (event: unknown) =>
          typeof event === 'object' && event !== null ? recent.get(event, way, () => run(event)) : run(event),
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
