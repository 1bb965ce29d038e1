import { expect, it } from 'vitest'
import { createPipeline, judgeDue } from '../../src/pipeline/pass.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Reader } from '../../src/storage/sql.ts'
import { testDatabase } from '../support/database.ts'
import { paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver } = pipelineOn(database)

/** The database to a worker that another one overtakes once: between its look at what is due and its next statement. */
function overtaken(by: () => Promise<unknown>): Database {
  let pending = true
  const watched = (reader: Reader): Reader['all'] => {
    return async (text, values) => {
      const rows = await reader.all(text, values)
      if (pending && text.includes('FROM "Claim" c')) {
        pending = false
        await by()
      }
      return rows
    }
  }
  const begin: Database['begin'] = async (purpose) => {
    const tx = await database.begin(purpose)
    return Object.assign(tx, { all: watched({ all: tx.all.bind(tx) }) })
  }
  return { ...database, sql: { ...database.sql, all: watched(database.sql) }, begin }
}

it('goes on with the next tenant when another process has served this one between the look and the lock', async () => {
  const [first, second] = [await newTenant(database), await newTenant(database)]
  await deliver(first, [paid(START)])
  const nobody = overtaken(() => database.prisma.wake.deleteMany({ where: { tenantId: first.id } }))
  const now = new Date((START + 10) * 1_000)
  expect(await judgeDue(createPipeline({ ...pipeline, database: nobody }), now)).toEqual([])

  await deliver(first, [paid(START + 1)])
  await deliver(second, [paid(START + 1)])
  const firstLooked = overtaken(() => database.prisma.wake.deleteMany({ where: { tenantId: first.id } }))
  expect(await judgeDue(createPipeline({ ...pipeline, database: firstLooked }), now)).toMatchObject([
    { tenantId: second.id },
  ])
  expect(await database.prisma.claim.findMany({ where: { failures: { gt: 0 } } })).toEqual([])
})
