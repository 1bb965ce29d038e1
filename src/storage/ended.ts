import type { Transaction } from '@prisma/driver-adapter-utils'

/**
 * Prisma ends a transaction whose time is over also in the middle of an operation of several statements, and goes on with
 * the next of them. Behind the end that would run by itself, outside the wall, or in the transaction of whoever has the
 * connection next: here it fails.
 */
export function untilItsEnd(transaction: Transaction): Transaction {
  let isOver = false
  const inside = <T>(work: () => Promise<T>): Promise<T> =>
    isOver ? Promise.reject(new Error('a statement behind the end of its transaction')) : work()
  const ending = (end: () => Promise<void>) => (): Promise<void> => {
    isOver = true
    return end()
  }
  const { createSavepoint, rollbackToSavepoint, releaseSavepoint } = transaction
  return {
    provider: transaction.provider,
    adapterName: transaction.adapterName,
    options: transaction.options,
    queryRaw: (query) => inside(() => transaction.queryRaw(query)),
    executeRaw: (query) => inside(() => transaction.executeRaw(query)),
    commit: ending(() => transaction.commit()),
    rollback: ending(() => transaction.rollback()),
    ...(createSavepoint && { createSavepoint: (name) => inside(() => createSavepoint(name)) }),
    ...(rollbackToSavepoint && { rollbackToSavepoint: (name) => inside(() => rollbackToSavepoint(name)) }),
    ...(releaseSavepoint && { releaseSavepoint: (name) => inside(() => releaseSavepoint(name)) }),
  }
}
