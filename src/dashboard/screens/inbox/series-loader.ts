import { useMemo } from 'react'
import { type Client, useClient } from 'urql'
import { graphql } from '../../api/graphql.ts'

const SeriesOf = graphql(`
  query SeriesOf($ids: [ID!]!) {
    nodes(ids: $ids) { __typename id ... on Anomaly { series { at observed lower upper } } }
  }
`)

/** Rows that are scrolled past in less than this ask for nothing. Milliseconds. */
const PAUSE = 150

/** Series of this many anomalies at once. */
const BATCH = 25

/** Fetches the series of the rows that are shown, those of one moment together, each once. */
class SeriesLoader {
  readonly #client: Client
  readonly #fetched = new Set<string>()
  #wanted = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: Client) {
    this.#client = client
  }

  /** @returns takes the wish back, where it was not fulfilled yet */
  readonly load = (id: string): (() => void) => {
    if (!this.#fetched.has(id)) {
      this.#wanted.add(id)
      this.#timer ??= setTimeout(() => this.#fetch(), PAUSE)
    }
    return () => this.#wanted.delete(id)
  }

  #fetch(): void {
    this.#timer = undefined
    const wanted = [...this.#wanted]
    this.#wanted = new Set()
    for (const id of wanted) this.#fetched.add(id)
    for (let from = 0; from < wanted.length; from += BATCH)
      void this.#client.query(SeriesOf, { ids: wanted.slice(from, from + BATCH) }).toPromise()
  }
}

const loaders = new WeakMap<Client, SeriesLoader>()

/** @returns asks for the series of one anomaly, which then is in the cache */
export function useSeriesLoader(): (id: string) => () => void {
  const client = useClient()
  return useMemo(() => {
    const loader = loaders.get(client) ?? new SeriesLoader(client)
    loaders.set(client, loader)
    return loader.load
  }, [client])
}
