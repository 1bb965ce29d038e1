import { answerJson, type PlainHandler, readOnly } from './answer.ts'

/** By name, whether one thing that storing and detecting needs is there. A check that throws counts as no. */
export type Checks = Readonly<Record<string, () => boolean | Promise<boolean>>>

/** A check that hangs must not keep a load balancer waiting: it counts as no after this many milliseconds. */
const TIMEOUT = 2_000

/** `GET /healthz`: the process answers. */
export const healthz: PlainHandler = readOnly((_req, res) => answerJson(res, 200, { status: 'ok' }))

/** `GET /readyz`: 200 when every check holds, else 503; which do, is in the body. */
export const readyz = (checks: Checks): PlainHandler =>
  readOnly((_req, res) => {
    void examine(checks).then((results) => {
      const failed = Object.keys(results).filter((name) => !results[name])
      if (failed.length === 0) return answerJson(res, 200, { status: 'ready', checks: results })
      const error = { code: 'UNAVAILABLE', message: `Not ready: ${failed.join(', ')}.` }
      answerJson(res, 503, { status: 'not ready', checks: results, error }, { 'retry-after': '5' })
    })
  })

async function examine(checks: Checks): Promise<Record<string, boolean>> {
  const entries = Object.entries(checks).map(async ([name, check]) => [name, await holds(check)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function holds(check: () => boolean | Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT, false)
  })
  try {
    return await Promise.race([check(), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
