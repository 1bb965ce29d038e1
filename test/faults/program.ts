import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { bundleProgram } from '../support/servers.ts'

let built = 0

/** Bundles the program for this run alone, which ends with it: another run beside it would be killed by a bundle that changes. */
export async function ownProgram(): Promise<string> {
  built += 1
  const program = await bundleProgram(`billingwatch-faults-${process.pid}-${built}`)
  process.once('exit', () => rmSync(dirname(program), { recursive: true }))
  return program
}
