import { z } from 'zod'
import { type Child, SERVER_CPU, startOn } from './machine.ts'
import { type Usage, usageShape } from './serving.ts'

const portOf = z.object({ port: z.number() })

/** A server under load, in a process of its own (see serving.ts). */
export class BenchServer {
  private constructor(
    readonly child: Child,
    readonly port: number,
  ) {}

  static async start(script: string, args: readonly string[] = []): Promise<BenchServer> {
    const child = startOn(SERVER_CPU, script, args)
    return new BenchServer(child, portOf.parse(await child.next()).port)
  }

  /** What it has used so far, once it has done what the message asks for. */
  async usage(message: object = {}): Promise<Usage> {
    return usageShape.parse(await this.child.ask(message))
  }

  /** CPU seconds so far. */
  async cpu(message: object = {}): Promise<number> {
    return (await this.usage(message)).cpu
  }
}
