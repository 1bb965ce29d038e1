import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../support/servers.ts'

const STARTED_WITHIN_MS = 30_000

export const missingOwnRedis = async (): Promise<string | undefined> =>
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed'

/** A Redis of the fault's own, which may be stopped; it keeps nothing. */
export class OwnRedis {
  #server: ChildProcess | undefined

  private constructor(private readonly port: number) {}

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort())
    await redis.go()
    return redis
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it; resolves when it answers. */
  async go(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()]
    this.#server = spawn('redis-server', options, { stdio: 'ignore' })
    await this.untilConnected(0)
  }

  /** Its connections stand, and it answers nothing. */
  freeze(): void {
    this.#server?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#server?.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }

  /** Resolves when it has so many connections. */
  async untilConnected(count: number): Promise<void> {
    const deadline = performance.now() + STARTED_WITHIN_MS
    while ((await this.#clients()) < count) {
      if (performance.now() > deadline) throw new Error('the servers did not come back to Redis in time')
      await sleep(100)
    }
  }

  /** @returns how many there are beside this one; -1 while it does not answer */
  async #clients(): Promise<number> {
    const redis = new Redis(this.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
    redis.on('error', () => {})
    return redis
      .connect()
      .then(
        async () =>
          String(await redis.client('LIST'))
            .trim()
            .split('\n').length - 1,
      )
      .catch(() => -1)
      .finally(() => redis.disconnect())
  }
}
