import { afterAll } from 'vitest'

const endings: (() => unknown)[] = []

/** Runs `work` after all tests of the file, the latest first; unlike vitest's own hooks also from inside a test. */
export const atEnd = (work: () => unknown): void => void endings.push(work)

/** Once for each file of tests; the modules are shared between those of a worker. */
export const endWithFile = (): void =>
  afterAll(async () => {
    for (const work of endings.splice(0).reverse()) await work()
    // Dropping a database waits for a checkpoint of the whole server.
  }, 120_000)
