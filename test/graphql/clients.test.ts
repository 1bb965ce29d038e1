import { Client, subscriptionExchange } from '@urql/core'
import { type ClientOptions, createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import { raise } from '../support/anomalies.ts'
import { DETECTED, resumeCursor, SOON } from '../support/feed.ts'
import { makeTenant, testApi } from '../support/graphql.ts'
import { proxyTo } from '../support/proxy.ts'

const { database, served } = await testApi()

/** A tenant behind a proxy, with what was raised, and a socket client of its own settings. */
async function setUp(options: Partial<ClientOptions>) {
  const proxy = await proxyTo(Number(new URL(served.url).port))
  const tenant = await makeTenant(database)
  const after = await resumeCursor(served, tenant.key)
  const expected: string[] = []
  const happen = async () => {
    expected.push(await raise(database, tenant.id))
    served.bus.publish(`feed:${tenant.id}`)
  }
  const client = createClient({
    url: `ws://127.0.0.1:${proxy.port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${tenant.key}` },
    ...options,
  })
  onTestFinished(() => void client.dispose())
  return { proxy, after, expected, happen, client }
}

interface Told {
  anomalyDetected: { cursor: string; node: { id: string } }
}

/** Things happen before, while and after the connection is cut, refused and there again. */
async function trouble(
  { proxy, expected, happen }: Awaited<ReturnType<typeof setUp>>,
  shown: readonly string[],
): Promise<void> {
  const allShown = () => vi.waitFor(() => expect(shown).toEqual(expected), SOON)
  await happen()
  await allShown()
  proxy.cut()
  await allShown()
  await happen()
  await allShown()
  await proxy.refuse()
  await happen()
  await proxy.accept()
  await allShown()
  await happen()
  await allShown()
}

describe('a client through a connection that is cut', () => {
  it('graphql-ws left to itself goes on from the newest cursor when its variables are a getter', async () => {
    const parts = await setUp({
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    })
    const shown: string[] = []
    let { after } = parts
    parts.client.subscribe<Told>(
      {
        query: DETECTED,
        variables: {
          get after() {
            return after
          },
        },
      },
      {
        next: ({ data }) => {
          if (!data) return
          after = data.anomalyDetected.cursor
          shown.push(data.anomalyDetected.node.id)
        },
        error: (error) => expect.unreachable(String(error)),
        complete: () => {},
      },
    )
    await trouble(parts, shown)
  }, 60_000)

  it('graphql-ws takes a refused connection for final unless it is told to try again', async () => {
    const { proxy, client } = await setUp({ retryAttempts: Number.POSITIVE_INFINITY })
    await proxy.refuse()
    const failed = vi.fn()
    client.subscribe({ query: DETECTED }, { next: () => {}, error: failed, complete: () => {} })
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), SOON)
  }, 60_000)

  it('urql is told that its subscription failed, and goes on from the newest cursor when it is subscribed anew', async () => {
    const parts = await setUp({ retryAttempts: 0 })
    const urql = new Client({
      url: `http://127.0.0.1:${parts.proxy.port}/graphql`,
      preferGetMethod: false,
      exchanges: [
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: parts.client.subscribe(
                { query, variables: { ...variables } },
                {
                  next: ({ data = null, errors }) =>
                    sink.next({ data, ...(errors && { errors: [...errors] }) }),
                  error: (error) => sink.error(error),
                  complete: () => sink.complete(),
                },
              ),
            }),
          }),
        }),
      ],
    })
    const shown: string[] = []
    let { after } = parts
    let stop = () => {}
    onTestFinished(() => stop())
    const subscribe = (): void => {
      const { unsubscribe } = urql.subscription<Told>(DETECTED, { after }).subscribe(({ data, error }) => {
        if (error) {
          unsubscribe()
          setTimeout(subscribe, 50)
        } else if (data) {
          after = data.anomalyDetected.cursor
          shown.push(data.anomalyDetected.node.id)
        }
      })
      stop = unsubscribe
    }
    subscribe()
    await trouble(parts, shown)
  }, 60_000)
})
