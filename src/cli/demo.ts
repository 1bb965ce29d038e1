import { createServer } from 'node:net'
import { Command } from 'commander'
import type { DemoTenant } from '../demo/audience.ts'
import type { DemoOutcome } from '../demo/demo.ts'
import { systemClock } from '../time.ts'
import { portArgument, wholeArgument } from './format.ts'
import type { Output, Shell } from './shell.ts'

const USUAL_PORT = 4000

/** How long draining may take before the process ends anyway. Milliseconds. */
const GRACE = 10_000

interface Options {
  seconds?: number
  days: number
  seed: string
  port?: string
  json?: boolean
}

/** With --json nothing is printed for people. */
const NO_OUTPUT: Output = { write: () => {} }

/** `demo`: a complete BillingWatch at work, without a set-up; it leaves nothing behind. */
export const demoCommand = (shell: Shell): Command =>
  new Command('demo')
    .description('see it work: a throw-away database, three simulated tenants, live incidents, until Ctrl-C')
    .option(
      '--seconds <n>',
      'end by itself this many seconds after the live part began',
      wholeArgument(86_400),
    )
    .option('--days <n>', 'length of the history that is replayed first', wholeArgument(35), 21)
    .option('--seed <seed>', 'the same seed gives the same tenants and the same trade', '1')
    .option('--port <n>', `port to listen on (default: ${USUAL_PORT} if it is free, else any)`, portArgument)
    .option('--json', 'print one JSON document at the end')
    .action(async (options: Options) => {
      const [{ runDemo }, { Screen }] = await Promise.all([
        import('../demo/demo.ts'),
        import('./demo-screen.ts'),
      ])
      const screen = new Screen(options.json ? NO_OUTPUT : shell.io.stdout, systemClock)
      const { seed, days, seconds } = options
      const port = options.port === undefined ? await freePort() : Number(options.port)
      const outcome = await untilStopped((signal) =>
        runDemo({ seed, days, seconds, port, signal, audience: screen }),
      )
      if (options.json) shell.print({ json: documentOf(outcome), lines: [] }, options)
      else screen.end(outcome.tenants)
    })

/** Further signals while it drains are ignored: npm forwards what the terminal has sent already. */
async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const end = (): void => {
    stop.abort()
    setTimeout(() => process.exit(1), GRACE).unref()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  try {
    return await work(stop.signal)
  } finally {
    for (const signal of signals) process.off(signal, end)
  }
}

/** The usual port, or 0 for any when it is taken. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen(USUAL_PORT, '127.0.0.1', () => probe.close(() => resolve(USUAL_PORT)))
  })

const documentOf = ({ url, tenants }: DemoOutcome): unknown => ({ url, tenants: tenants.map(tenantDocument) })

const tenantDocument = ({ id, business, history, delivered, anomalies, alerts }: DemoTenant): unknown => ({
  id,
  name: business.profile.name,
  timezone: business.profile.zone,
  history,
  delivered,
  anomalies: [...anomalies.values()],
  alerts,
})
