import { join } from 'node:path'
import { z } from 'zod'
import { migrate } from '../../../src/storage/migrate.ts'
import { createServerDatabase, serverAnswers } from '../../support/postgres-server.ts'
import { BenchServer } from '../bench-server.ts'
import { median } from '../figures.ts'
import { bundle, inWorkshop, machineBusy, machineName, SERVER_CPU, startOn } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { usageShape } from '../serving.ts'
import { ADMIN_KEY, newTenantInput, SECRET } from './workload.ts'

/** Milliseconds of CPU a tenant. */
const TARGET_MS = 3
const FULL = { rounds: 5, tenants: 200 }
const QUICK = { rounds: 1, tenants: 50 }
/** Until code and caches are warm. */
const WARM_UP = 100
/** How many mutations an operator's system sends at once. */
const AT_ONCE = 4

/** What it costs to create a tenant, by the service and by the operator's mutation, on either engine. */
export const tenants: Part = {
  name: 'tenants',
  about: 'what it costs to create a tenant',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

type Script = (name: string) => string

/** Creates a number of tenants. @returns the CPU seconds that the process under test has used so far */
type Create = (count: number) => Promise<number>

interface Figure {
  name: string
  /** Milliseconds of CPU a tenant, round after round. */
  rounds: number[]
}

async function measure(options: BenchOptions, folder: string): Promise<PartReport> {
  const script = await bundle(folder, {
    service: new URL('service.ts', import.meta.url),
    whole: new URL('../whole.ts', import.meta.url),
  })
  const began = { busy: machineBusy() ?? Number.NaN, at: performance.now() }
  const figures = await measureOn('SQLite', `file:${join(folder, 'bench.db')}`, script, options)
  const hasPostgres = await serverAnswers()
  if (hasPostgres) {
    const { url, drop } = await createServerDatabase()
    figures.push(...(await measureOn('PostgreSQL', url, script, options).finally(drop)))
  }
  const busy = ((machineBusy() ?? Number.NaN) - began.busy) / ((performance.now() - began.at) / 1_000)
  return report(figures, hasPostgres, busy)
}

async function measureOn(
  engine: string,
  databaseUrl: string,
  script: Script,
  options: BenchOptions,
): Promise<Figure[]> {
  await migrate({ databaseUrl })
  return [
    await byService(`${engine}, by the service`, databaseUrl, script, options),
    await byMutation(`${engine}, by createTenant over HTTP`, databaseUrl, script, options),
  ]
}

async function byService(name: string, databaseUrl: string, script: Script, options: BenchOptions) {
  const child = startOn(SERVER_CPU, script('service'), [databaseUrl])
  try {
    await child.next()
    return await inRounds(name, async (count) => usageShape.parse(await child.ask(count)).cpu, options)
  } finally {
    await child.stop()
  }
}

async function byMutation(name: string, databaseUrl: string, script: Script, options: BenchOptions) {
  const server = await BenchServer.start(script('whole'), [databaseUrl, SECRET])
  try {
    const create: Create = async (count) => {
      let left = count
      const one = async (): Promise<void> => {
        while (left-- > 0) await createOver(`http://127.0.0.1:${server.port}`)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, one))
      return server.cpu()
    }
    return await inRounds(name, create, options)
  } finally {
    await server.child.stop()
  }
}

const query = `mutation ($input: CreateTenantInput!) {
  createTenant(input: $input) { tenant { id name webhookEndpoints { url } } apiKey { id } secret }
}`

const created = z.object({ data: z.object({ createTenant: z.object({ secret: z.string() }) }) })

async function createOver(url: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ query, variables: { input: newTenantInput() } }),
  })
  created.parse(await response.json())
}

async function inRounds(name: string, create: Create, { quick, say }: BenchOptions): Promise<Figure> {
  const { rounds, tenants: count } = quick ? QUICK : FULL
  const figure: Figure = { name, rounds: [] }
  let before = await create(WARM_UP)
  for (let round = 0; round < rounds; round++) {
    const after = await create(count)
    figure.rounds.push(((after - before) * 1_000) / count)
    before = after
  }
  say(`${name}: ${figure.rounds.map((ms) => ms.toFixed(2)).join(', ')} ms`)
  return figure
}

/** @param busy CPUs that the whole machine was using meanwhile; NaN where the system does not tell */
function report(figures: readonly Figure[], hasPostgres: boolean, busy: number): PartReport {
  return {
    title: 'Creating a tenant with endpoint, secret, key and first activity',
    columns: ['', 'CPU ms a tenant', 'least', 'most', 'target'],
    rows: figures.map(({ name, rounds }) => [
      name,
      median(rounds).toFixed(2),
      Math.min(...rounds).toFixed(2),
      Math.max(...rounds).toFixed(2),
      `≤ ${TARGET_MS}`,
    ]),
    notes: [
      `median of ${figures[0]?.rounds.length} rounds; of this process alone: what PostgreSQL itself uses is not in it`,
      ...(hasPostgres ? [] : ['no PostgreSQL answers: set TEST_DATABASE_URL']),
      `${busy.toFixed(1)} CPUs were in use meanwhile; ${machineName()}`,
    ],
    targets: figures.map(({ name, rounds }) =>
      atMost(`creating a tenant: ${name}`, TARGET_MS, median(rounds), 'ms of CPU'),
    ),
    data: {
      targetMs: TARGET_MS,
      figures: figures.map(({ name, rounds }) => ({ name, cpuMs: median(rounds), rounds })),
    },
  }
}
