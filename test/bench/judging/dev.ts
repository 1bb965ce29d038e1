import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { BenchServer, LoadRig } from '../ingest/rig.ts'
import { bundle, inWorkshop, machineBusy } from '../machine.ts'
import { manyTenants } from './tenants.ts'

const [, , countText = '3000', rounds = '3', url = '', redis = '', prof = ''] = process.argv
const count = Number(countText)
await inWorkshop(async (folder) => {
  const databaseUrl = url || `file:${join(folder, 'bench.db')}`
  const secret = randomUUID()
  const tenants = await manyTenants(databaseUrl, secret, count)
  const script = await bundle(folder, {
    server: new URL('server.ts', import.meta.url),
    bare: new URL('../ingest/bare.ts', import.meta.url),
    load: new URL('../ingest/load.ts', import.meta.url),
  })
  const rig = await LoadRig.start(script('load'), tenants)
  const server = await BenchServer.start(
    script('server'),
    [databaseUrl, secret, redis],
    prof ? ['--cpu-prof', `--cpu-prof-dir=${prof}`] : [],
  )
  const cpu = async (judged?: number) =>
    z.object({ cpu: z.number() }).parse(await server.child.ask({ judged })).cpu
  const bareRig = await LoadRig.start(script('load'), tenants.slice(0, 100))
  const bare = await BenchServer.start(script('bare'), [JSON.stringify(tenants.slice(0, 100))])
  let total = 0
  const each = Math.max(count, Number(process.env['EVENTS'] ?? 0))
  for (let r = 0; r < Number(rounds); r++) {
    const b = await bareRig.slice(bare, 4000)
    const before = await cpu()
    const busy = machineBusy() ?? 0
    const t = performance.now()
    const slice = await rig.slice(server, each)
    const admitted = performance.now() - t
    const mid = await cpu()
    total += slice.load.fresh
    const after = await cpu(total)
    const wall = (performance.now() - t) / 1000
    console.log(
      `bare ${b.cpu.toFixed(0)} µs; round ${r}: CPU µs/event ${(((after - before) / each) * 1e6).toFixed(0)} (when answered ${(((mid - before) / each) * 1e6).toFixed(0)}), ${(each / wall).toFixed(0)} events/s, admitted in ${(admitted / 1000).toFixed(2)} s of ${wall.toFixed(2)} s, machine busy ${(((machineBusy() ?? 0) - busy) / wall / 2).toFixed(2)}, p50 ${slice.load.p50.toFixed(1)} p99 ${slice.load.p99.toFixed(1)}`,
    )
  }
  await rig.child.stop()
  await bareRig.child.stop()
  await server.child.stop()
  await bare.child.stop()
})
