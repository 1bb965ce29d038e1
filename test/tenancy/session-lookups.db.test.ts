import { expect, it, vi } from 'vitest'
import { randomBase62 } from '../../src/ids.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { Sessions } from '../../src/tenancy/session/sessions.ts'
import { testDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { clock } from '../support/stepped-clock.ts'
import { keepGate } from './gatekeeper.ts'

const database = await testDatabase()
const { authenticator } = keepGate(database)

it('cookies that were never given out are looked up a few at once, whatever comes', async () => {
  const { opened, open } = gate()
  let asked = 0
  const sql: SystemSql = {
    ...database.sql,
    all: async (statement, values) => {
      asked += 1
      await opened
      return database.sql.all(statement, values)
    },
  }
  const sessions = new Sessions({ database: { ...database, sql }, authenticator, clock })
  const finding = Array.from({ length: 50 }, (_, n) => sessions.find(randomBase62(43), `192.0.2.${n}`))
  await vi.waitFor(() => expect(asked).toBeGreaterThan(0))
  await new Promise(setImmediate)
  expect(asked).toBeLessThanOrEqual(4)
  open()
  expect(await Promise.all(finding)).toEqual(Array.from({ length: 50 }, () => undefined))
})
