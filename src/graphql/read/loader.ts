/** Collects the keys requested in one turn of the event loop and reads them with one statement. */
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
