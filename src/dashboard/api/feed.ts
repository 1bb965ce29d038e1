import type { Client, CombinedError } from 'urql'
import { graphql, type ResultOf } from './graphql.ts'
import type { Online } from './online.ts'
import { codeOf } from './problems.ts'
import { type Row, RowFields } from './row.ts'

const Head = graphql(`query FeedHead { anomalies(first: 0) { resumeCursor } }`)

const Changes = graphql(
  `subscription AnomalyFeed($after: String!) {
    anomalyFeed(after: $after) { cursor kind anomaly { ...RowFields } }
  }`,
  [RowFields],
)

type Change = ResultOf<typeof Changes>['anomalyFeed']

export type FeedListener = (anomaly: Row, kind: Change['kind']) => void

/** Milliseconds until the next try; a second while the server restarts, longer while it stays away. */
const PAUSES = [1_000, 1_000, 2_000, 4_000, 8_000] as const

/**
 * Everything that happens to the tenant's anomalies, from one subscription for the whole page. It goes on from the
 * newest cursor after each interruption, so nothing is missed and nothing comes twice.
 */
export class Feed {
  readonly #client: Client
  readonly #online: Online
  readonly #listeners = new Set<FeedListener>()
  #after: string | undefined
  #failures = 0
  #stop: () => void = () => {}
  #stopped = false

  constructor(client: Client, online: Online) {
    this.#client = client
    this.#online = online
  }

  /** @returns ends it */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    if (this.#stopped) return
    try {
      this.#after ??= await this.#head()
    } catch {
      return this.#retry()
    }
    if (this.#stopped) return
    const { unsubscribe } = this.#client
      .subscription(Changes, { after: this.#after })
      .subscribe(({ data, error }) => {
        if (error) return this.#broken(error)
        if (data) this.#hear(data.anomalyFeed)
      })
    this.#stop = unsubscribe
  }

  stop(): void {
    this.#stopped = true
    this.#stop()
  }

  async #head(): Promise<string> {
    const { data, error } = await this.#client.query(Head, {}, { requestPolicy: 'network-only' })
    if (!data?.anomalies) throw error ?? new Error('the list of anomalies is not there')
    this.#online.reached()
    return data.anomalies.resumeCursor
  }

  #hear({ cursor, kind, anomaly }: Change): void {
    this.#failures = 0
    this.#after = cursor
    for (const listener of this.#listeners) listener(anomaly, kind)
  }

  #broken(error: CombinedError): void {
    this.#stop()
    if (codeOf(error) === 'CURSOR_UNKNOWN') this.#after = undefined
    this.#retry()
  }

  #retry(): void {
    if (this.#stopped) return
    this.#online.lost()
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)]
    this.#failures += 1
    const timer = setTimeout(() => void this.start(), pause)
    this.#stop = () => clearTimeout(timer)
  }
}
