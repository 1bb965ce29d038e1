import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  visit,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Caller } from '../../tenancy/caller.ts'
import type { Connection, Context } from '../context.ts'
import type { Presentation } from '../operations/errors.ts'
import { RecentCache } from '../operations/recent-cache.ts'
import { createLoaders } from '../read/loaders.ts'
import { type GroupParts, Groups } from './group.ts'
import { type SharedResult, shareResult } from './shared-result.ts'
import { Subscriber } from './subscriber.ts'
import { Subscription } from './subscription.ts'

/** Bytes of results that are kept for subscribers who are a little behind the first. */
const MAX_BYTES = 32 * 1024 * 1024

type SharedArgs = ExecutionArgs & { contextValue: Context }

/** Subscriptions execute each row once for all that have the same tenant, rights, operation, variables and filter. */
export function sharedExecution(presentation: Presentation): Plugin<Context> {
  const groups = new Groups()
  const recent = new RecentCache<SharedResult>(MAX_BYTES, ({ bytes }) => bytes)

  const groupParts = (key: string, args: SharedArgs, { following }: Subscription): GroupParts => ({
    reader: following.feed.reader,
    resultOf: async (row) => {
      const item = following.itemOf(row)
      if (item === undefined) return undefined
      return recent.get(row, key, async () => {
        const contextValue = contextOfGroup(args.contextValue)
        // Another operation on the same row waits for its own turn.
        await contextValue.services.liveQueue.turn(contextValue.caller.tenantId ?? '').catch(() => {})
        return shareResult(await execute({ ...args, contextValue, rootValue: item }), presentation)
      })
    },
  })

  return {
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn(async () => {
        const subscription = await createSourceEventStream(args)
        if (!(subscription instanceof Subscription))
          return Symbol.asyncIterator in subscription ? executed(subscription, args) : subscription
        const key = keyOf(args, subscription.following.filter)
        const group = groups.join(key, () => groupParts(key, args, subscription))
        const { connection, requestId } = args.contextValue
        const deliver = connection.deliver?.bind(connection)
        return new Subscriber({
          subscription,
          group,
          deliver: deliver && ((result) => deliver(result.textFor(requestId))),
          onEnd: (subscriber) => {
            groups.leave(key, group, subscriber)
            subscription.end()
          },
        })
      })
    },
  }
}

/** What follows no list that others follow, too, is executed for its one subscriber. */
async function* executed(
  items: AsyncIterable<unknown>,
  args: ExecutionArgs,
): AsyncGenerator<ExecutionResult> {
  for await (const item of items) yield await execute({ ...args, rootValue: item })
}

/** Everything that a result depends on besides the row. */
function keyOf(
  { document, operationName, variableValues, contextValue }: SharedArgs,
  filter: string,
): string {
  const { tenantId, role, operator } = contextValue.caller
  const text = document.loc?.source.body
  if (text === undefined) throw new Error('a document without its text')
  const variables = withoutPosition(document, variableValues ?? {})
  return JSON.stringify([tenantId, role, operator, text, operationName, variables, filter])
}

/**
 * The variables without the one that is `after` of the subscription and nothing else: it says where to begin, which each
 * subscriber does for itself, and those who loaded their pages at different moments still share what is live.
 */
function withoutPosition(document: DocumentNode, variables: Readonly<Record<string, unknown>>) {
  const positions = new Set<string>()
  const uses = new Map<string, number>()
  visit(document, {
    OperationDefinition({ operation, selectionSet }) {
      for (const selection of operation === 'subscription' ? selectionSet.selections : []) {
        for (const { name, value } of selection.kind === Kind.FIELD ? (selection.arguments ?? []) : [])
          if (name.value === 'after' && value.kind === Kind.VARIABLE) positions.add(value.name.value)
      }
    },
    Variable({ name }) {
      uses.set(name.value, (uses.get(name.value) ?? 0) + 1)
    },
  })
  // Once where it is declared, once where it is used.
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !positions.has(name) || uses.get(name) !== 2),
  )
}

/** Nothing of the subscriber who happened to be first is left in it but the rights that are part of the key. */
function contextOfGroup(context: Context): Context {
  const { caller, scope, scopeOfTenant, services } = context
  return {
    // The operator's alone are a group of their own.
    ...('operator' in context && { operator: context.operator }),
    requestId: '',
    caller: rightsOf(caller),
    connection: NO_CONNECTION,
    scope,
    scopeOfTenant,
    services,
    // What loaders have read is forgotten with the row.
    loaders: scope && createLoaders(scope),
  }
}

const rightsOf = ({ tenantId, role, operator }: Caller): Caller => ({
  tenantId,
  role,
  operator,
  actor: { kind: 'SYSTEM', name: 'billingwatch' },
  keyId: undefined,
  expiresAt: undefined,
})

const NO_CONNECTION: Connection = {
  open: () => Promise.reject(new Error('a result of a subscription opens none')),
  drained: async () => {},
}
