import { randomUUID } from 'node:crypto'
import { BenchServer } from '../bench-server.ts'
import { LoadRig, type Slice } from '../ingest/rig.ts'
import type { BenchTenant } from '../ingest/workload.ts'
import { bundle } from '../machine.ts'
import { manyTenants } from './many-tenants.ts'

/** Tenants that the bare server knows: they are handed to it as an argument, which is bounded. */
const BARE_TENANTS = 100

/** Deliveries that were admitted and judged. */
export interface JudgedSlice {
  /** Microseconds of the server's CPU an event, from the first delivery until the last is judged. */
  cpu: number
  /** Events a second over the same time. */
  rate: number
  load: Slice['load']
  others: number
}

/** A server that admits and judges, a bare one beside it, and the load on either. */
export class JudgingRig {
  #judged = 0

  private constructor(
    private readonly rig: LoadRig,
    private readonly server: BenchServer,
    private readonly bareRig: LoadRig,
    private readonly bareServer: BenchServer,
  ) {}

  static async start(
    folder: string,
    options: { databaseUrl: string; redisUrl?: string; tenants: number },
  ): Promise<JudgingRig> {
    const { databaseUrl, redisUrl = '' } = options
    const vaultSecret = randomUUID()
    const tenants = await manyTenants(databaseUrl, vaultSecret, options.tenants)
    const script = await bundle(folder, {
      bare: new URL('../ingest/bare.ts', import.meta.url),
      load: new URL('../ingest/load.ts', import.meta.url),
      server: new URL('server.ts', import.meta.url),
    })
    const known: readonly BenchTenant[] = tenants.slice(0, BARE_TENANTS)
    return new JudgingRig(
      await LoadRig.start(script('load'), tenants),
      await BenchServer.start(script('server'), [databaseUrl, vaultSecret, redisUrl]),
      await LoadRig.start(script('load'), known),
      await BenchServer.start(script('bare'), [JSON.stringify(known)]),
    )
  }

  bare(count: number): Promise<Slice> {
    return this.bareRig.slice(this.bareServer, count)
  }

  /** @returns when all of them are judged */
  async judged(count: number): Promise<JudgedSlice> {
    const before = await this.#cpu()
    const slice = await this.rig.slice(this.server, count)
    const admitted = performance.now()
    this.#judged += slice.load.fresh
    const cpu = ((await this.#cpu(this.#judged)) - before) * 1e6
    const seconds = slice.load.seconds + (performance.now() - admitted) / 1_000
    return { cpu: cpu / count, rate: count / seconds, load: slice.load, others: slice.others ?? 0 }
  }

  async stop(): Promise<void> {
    for (const { child } of [this.rig, this.server, this.bareRig, this.bareServer]) await child.stop()
  }

  /** CPU seconds of the server so far, once so many events are judged. */
  #cpu(judged?: number): Promise<number> {
    return this.server.cpu({ judged })
  }
}
