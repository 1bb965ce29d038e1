import { randomUUID } from 'node:crypto'
import { memoryBus } from '../../../src/bus/memory.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { commitBatch } from '../../../src/ingest/commit.ts'
import { createPipeline, judgeDue } from '../../../src/pipeline/pass.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { parseEvent, summarize } from '../../../src/stripe/event.ts'
import { chargeEvent } from '../ingest/workload.ts'

const [, , url = '', rounds = '3', per = '1'] = process.argv
const database = await openDatabase({ databaseUrl: url })
const endpoints = await database.prisma.webhookEndpoint.findMany({ select: { tenantId: true, id: true } })
const pipeline = createPipeline({ database, bus: memoryBus(), detectors: DETECTORS })
const live = new Set<string>()
let n = 0
const cpu = () => {
  const u = process.cpuUsage()
  return u.user + u.system
}
let rec = 0,
  commit = 0,
  claimCpu = 0
const orig = pipeline.work.claim.bind(pipeline.work)
pipeline.work.claim = async (q) => {
  const c0 = cpu()
  const claim = await orig(q)
  claimCpu += cpu() - c0
  if (!claim) return claim
  return {
    tenants: claim.tenants,
    release: () => claim.release(),
    record: async (j) => {
      const a = cpu()
      const x = await claim.record(j)
      rec += cpu() - a
      return x
    },
  }
}
const jsql = database.sqlFor('judging')
const w = jsql.write.bind(jsql)
jsql.write = async (work) => {
  let end = 0
  const x = await w(async (tx) => {
    const y = await work(tx)
    end = cpu()
    return y
  })
  commit += cpu() - end
  return x
}
for (let r = 0; r < Number(rounds); r++) {
  const all = []
  for (let k = 0; k < Number(per); k++)
    for (const e of endpoints) {
      const now = Math.floor(Date.now() / 1000)
      const payload = Buffer.from(chargeEvent(n++ + (r + 1) * 10_000_000, now))
      const event = parseEvent(payload)!
      all.push({
        tenantId: e.tenantId,
        endpointId: e.id,
        event,
        summary: summarize(event),
        receivedAt: new Date(),
        payload,
      })
    }
  const a = cpu()
  for (let at = 0; at < all.length; at += 64) {
    const receipt = await commitBatch(database.sqlFor('delivery'), all.slice(at, at + 64), live, () =>
      randomUUID(),
    )
    for (const id of receipt.live) live.add(id)
  }
  const b = cpu()
  const t = performance.now()
  rec = 0
  commit = 0
  claimCpu = 0
  const s0 = process.cpuUsage().system
  let passes = 0,
    judged = 0
  for (;;) {
    const done = await judgeDue(pipeline, new Date())
    if (done.length === 0) break
    passes++
    judged += done.length
  }
  const c = cpu()
  console.log(
    `round ${r}: insert ${((b - a) / all.length).toFixed(0)} µs, judge ${((c - b) / all.length).toFixed(0)} µs (wall ${(((performance.now() - t) * 1000) / all.length).toFixed(0)}) an event; claim ${(claimCpu / all.length).toFixed(0)} record ${(rec / all.length).toFixed(0)} of it commit ${(commit / all.length).toFixed(0)}; system ${((process.cpuUsage().system - s0) / all.length).toFixed(0)}; ${passes} passes, ${judged} tenant turns; memory ${(pipeline.work.memories.bytes / 1e6).toFixed(1)} MB`,
  )
}
const [s] = await database.sql.all('SELECT COUNT(*) AS n, SUM(LENGTH("state")) AS b FROM "DetectorState"')
console.log(s)
await database.close()
