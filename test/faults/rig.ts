import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { environment, makeTenant, type TestTenant } from '../support/outside.ts'
import { killServer, type ServerProcess, spawnServer } from '../support/servers.ts'
import type { Place } from './places.ts'
import { ownProgram } from './program.ts'

/** Real built servers that share one new database, which is looked at beside them. */
export class Cluster {
  readonly #servers: ServerProcess[] = []

  private constructor(
    readonly place: Place,
    readonly database: Database,
    readonly size: number,
    private readonly program: string,
    private readonly environmentOf: (index: number) => Record<string, string>,
  ) {}

  /**
   * @param place dropped with the cluster
   * @param environmentOf further variables of one server, by its number
   */
  static async start(
    place: Place,
    processes: number,
    environmentOf: (index: number) => Record<string, string> = () => ({}),
  ): Promise<Cluster> {
    const program = await ownProgram()
    await migrate({ databaseUrl: place.url })
    const database = await openDatabase({ databaseUrl: place.url })
    const cluster = new Cluster(place, database, processes, program, environmentOf)
    try {
      for (const index of cluster.all) await cluster.restart(index)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** The numbers of its servers. */
  get all(): readonly number[] {
    return Array.from({ length: this.size }, (_, index) => index)
  }

  server(index: number): ServerProcess {
    const server = this.#servers[index]
    if (server === undefined) throw new Error(`there is no server ${index}`)
    return server
  }

  readonly urlOf = (index: number): string => this.server(index).url

  /** Ends a server at once, if it runs. */
  async kill(index: number): Promise<void> {
    const server = this.#servers[index]
    if (server !== undefined) await killServer(server)
  }

  /** Ends it at once, if it runs, and starts another in its place; resolves when that is ready. */
  async restart(index: number): Promise<void> {
    await this.kill(index)
    this.#servers[index] = await spawnServer(this.program, {
      ...environment(this.place.url),
      ...this.environmentOf(index),
    })
  }

  tenant(): Promise<TestTenant> {
    return makeTenant(this, this.place.url)
  }

  tenants(count: number): Promise<TestTenant[]> {
    return Promise.all(Array.from({ length: count }, () => this.tenant()))
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.#servers) child.kill('SIGCONT')
    await Promise.all(this.#servers.map(killServer))
    await this.database.close()
    await this.place.drop()
  }
}
