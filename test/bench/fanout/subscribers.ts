import WebSocket from 'ws'
import { z } from 'zod'

/** What the coordinator asks for; each is answered once it is done. */
export const subscribersOrder = z.union([
  z.object({
    connect: z.object({
      name: z.string(),
      port: z.number(),
      /** One socket each; without an operation it only listens. */
      sockets: z.array(
        z
          .object({ key: z.string(), query: z.string(), variables: z.record(z.string(), z.unknown()) })
          .nullable(),
      ),
    }),
  }),
  /** Waits until every socket of the group has its next message. */
  z.object({ await: z.string() }),
  z.object({ last: z.string() }),
  z.object({ cpu: z.literal(true) }),
])
export type SubscribersOrder = z.infer<typeof subscribersOrder>

class Group {
  readonly #last: WebSocket.RawData[] = []
  #received = 0
  #expected = 0
  #arrived = () => {}

  async open({ port, sockets }: Extract<SubscribersOrder, { connect: unknown }>['connect']): Promise<void> {
    // Some at a time: the backlog of a listening socket is short.
    for (let from = 0; from < sockets.length; from += 50)
      await Promise.all(
        sockets.slice(from, from + 50).map((operation, n) => this.#socket(port, from + n, operation)),
      )
  }

  /** The last message of each socket. */
  texts(): string[] {
    return this.#last.map(String)
  }

  /** Resolves when every socket has had one more message. */
  async arrival(): Promise<void> {
    this.#expected += this.#last.length
    if (this.#received >= this.#expected) return
    await new Promise<void>((resolve) => {
      this.#arrived = resolve
    })
  }

  async #socket(
    port: number,
    number: number,
    operation: { key: string; query: string; variables: object } | null,
  ) {
    const address = `ws://127.0.0.1:${port}/graphql?number=${number}`
    const socket = new WebSocket(address, operation ? ['graphql-transport-ws'] : [], {
      perMessageDeflate: false,
    })
    this.#last[number] = Buffer.alloc(0)
    await new Promise((resolve) => socket.once('open', resolve))
    const count = (text: WebSocket.RawData) => {
      this.#last[number] = text
      this.#received += 1
      if (this.#received === this.#expected) this.#arrived()
    }
    if (!operation) return void socket.on('message', count)
    const { key, query, variables } = operation
    const acknowledged = new Promise((resolve) => socket.once('message', resolve))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    await acknowledged
    socket.on('message', count)
    const id = crypto.randomUUID()
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
  }
}

const groups = new Map<string, Group>()
const groupOf = (name: string): Group => groups.get(name) ?? new Group()

async function obey(order: SubscribersOrder): Promise<object> {
  if ('connect' in order) {
    const group = new Group()
    groups.set(order.connect.name, group)
    await group.open(order.connect)
    return {}
  }
  if ('cpu' in order) {
    const { user, system } = process.cpuUsage()
    return { cpu: (user + system) / 1e6 }
  }
  if ('last' in order) return { last: groupOf(order.last).texts() }
  await groupOf(order.await).arrival()
  return {}
}

process.on('message', (message) => {
  obey(subscribersOrder.parse(message)).then((answer) => process.send?.(answer))
})
process.send?.('ready')
