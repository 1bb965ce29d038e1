import type { Anomaly, StripeEvent } from '../generated/sqlite/client.ts'
import type { Scope } from '../tenancy/scope.ts'

/** Collects the keys asked for in one turn of the loop and reads them with one statement. */
export class Loader<Value> {
  #waiting: Map<string, Promise<Value | undefined>> | undefined
  #batch: Promise<Map<string, Value>> | undefined

  constructor(private readonly readAll: (keys: string[]) => Promise<Map<string, Value>>) {}

  load(key: string): Promise<Value | undefined> {
    this.#waiting ??= new Map()
    const waiting = this.#waiting
    let promise = waiting.get(key)
    if (!promise) {
      this.#batch ??= new Promise<Map<string, Value>>((resolve, reject) => {
        setImmediate(() => {
          this.#waiting = undefined
          this.#batch = undefined
          this.readAll([...waiting.keys()]).then(resolve, reject)
        })
      })
      promise = this.#batch.then((values) => values.get(key))
      waiting.set(key, promise)
    }
    return promise
  }
}

/** One statement for the like of fifty rows instead of fifty; of one operation, so nothing is remembered too long. */
export interface Loaders {
  anomaly: Loader<Anomaly>
  payload: Loader<NonNullable<StripeEvent['payload']>>
}

export const createLoaders = ({ db }: Pick<Scope, 'db'>): Loaders => ({
  anomaly: new Loader(async (ids) => {
    const rows = await db.anomaly.findMany({ where: { id: { in: ids } } })
    return new Map(rows.map((row) => [row.id, row]))
  }),
  payload: new Loader(async (ids) => {
    const rows = await db.stripeEvent.findMany({
      where: { stripeId: { in: ids } },
      select: { stripeId: true, payload: true },
    })
    return new Map(rows.flatMap(({ stripeId, payload }) => (payload ? [[stripeId, payload] as const] : [])))
  }),
})
