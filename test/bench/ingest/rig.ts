import type { BenchServer } from '../bench-server.ts'
import { type Child, LOAD_CPU, machineBusy, startOn } from '../machine.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import type { BenchTenant } from './workload.ts'

const CONNECTIONS = 64
const REPEATS = 0.05

/** One slice of load on one server. */
export interface Slice {
  /** Deliveries a second. */
  rate: number
  /** Microseconds of the server's CPU a delivery. */
  cpu: number
  load: LoadResult
  /** Share of the machine's time that others used meanwhile; undefined where the system does not tell. */
  others: number | undefined
}

/** The load, and the numbers of events that it has used up. */
export class LoadRig {
  #next = 0

  private constructor(
    readonly child: Child,
    private readonly tenants: readonly BenchTenant[],
  ) {}

  static async start(script: string, tenants: readonly BenchTenant[]): Promise<LoadRig> {
    const child = startOn(LOAD_CPU, script, [])
    await child.next()
    return new LoadRig(child, tenants)
  }

  /**
   * @param rate deliveries a second; without it as many as are answered
   * @throws when what is compared did not do all of its work
   */
  async slice(server: BenchServer, count: number, rate?: number): Promise<Slice> {
    const order = { ...this.#order(server, count), rate }
    const [busy, own, cpu] = [machineBusy(), process.cpuUsage(), await server.cpu()]
    const began = performance.now()
    const load = await this.#run(order)
    const wall = (performance.now() - began) / 1000
    const used = (await server.cpu()) - cpu
    const { user, system } = process.cpuUsage(own)
    const after = machineBusy()
    if (load.refused + load.broken > 0)
      throw new Error(`${load.refused} deliveries were refused, ${load.broken} never answered`)
    // While the load builds its requests it uses one CPU, before its own clock starts.
    const ours = used + load.cpu + (wall - load.seconds) + (user + system) / 1e6
    const others =
      busy === undefined || after === undefined ? undefined : Math.max(0, after - busy - ours) / (2 * wall)
    return { rate: count / load.seconds, cpu: (used / count) * 1e6, load, others }
  }

  /** @throws when a forged delivery passes: then this server does not do the work that is compared */
  async checkForgery(server: BenchServer): Promise<void> {
    const { refused } = await this.#run({ ...this.#order(server, 50), forged: true })
    if (refused !== 50) throw new Error('a forged delivery was accepted')
  }

  /** Load under which the server is killed half-way. @returns what it had answered, and what was underway */
  async kill(server: BenchServer, count: number): Promise<LoadResult> {
    const pid = server.child.process.pid
    if (pid === undefined) throw new Error('the server has no process')
    return this.#run({ ...this.#order(server, count), kill: { pid, after: Math.floor(count / 2) } })
  }

  async #run(order: LoadOrder): Promise<LoadResult> {
    return (await this.child.ask(order)) as LoadResult
  }

  #order(server: BenchServer, count: number): LoadOrder {
    const from = this.#next
    this.#next += count
    return {
      port: server.port,
      tenants: this.tenants,
      from,
      count,
      connections: CONNECTIONS,
      repeats: REPEATS,
      forged: false,
    }
  }
}
