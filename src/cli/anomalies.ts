import { Command } from 'commander'
import { z } from 'zod'
import { takeStep } from '../anomalies/lifecycle.ts'
import { feedHead } from '../anomalies/pages.ts'
import { PublicError } from '../errors.ts'
import { readAnomalyFilter } from '../export/query.ts'
import type { LocalGraphql } from '../graphql/local.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { detailsOf, plain, relative, severityOf, shownAnomaly } from './anomaly-screen.ts'
import { duration, table, wholeArgument } from './format.ts'
import type { CommandServices, Shell } from './shell.ts'
import { stoppable } from './stopping.ts'

interface Json {
  json?: boolean
}

interface FilterOptions extends Json {
  severity?: string
  status?: string
  detector?: string
  search?: string
  since?: number
}

const MAX_LIST = 200

/** `anomalies …`: what was found, for people at a terminal. */
export function anomaliesCommand(shell: Shell): Command {
  const group = new Command('anomalies').description(
    'what was found in a tenant: look, watch, acknowledge, resolve',
  )

  filtered(group.command('list <tenant>'))
    .description('the newest first')
    .option('--limit <n>', `how many, at most ${MAX_LIST}`, wholeArgument(MAX_LIST), 20)
    .action((tenantId: string, options: FilterOptions & { limit: number }) =>
      within(shell, tenantId, async ({ graphql, selection, services }) => {
        const query = `query($filter: AnomalyFilter, $first: Int) { anomalies(filter: $filter, first: $first) { nodes { ${selection(false)} } } }`
        const { anomalies } = await graphql.ask(query, {
          filter: filterOf(options, services),
          first: options.limit,
        })
        const nodes = nodesOf(anomalies)
        const now = services.acting.clock.now()
        const out = shell.io.stdout
        const lines = nodes.map((node) => {
          const one = shownAnomaly.parse(node)
          return [severityOf(out, one), one.status, relative(one.startedAt, now), one.id, plain(one.title)]
        })
        // The first column has its width already, colours and all.
        const rest = table([['STATUS', 'BEGAN', 'ID', 'TITLE'], ...lines.map((line) => line.slice(1))])
        const shown = rest.map((line, i) => `${i === 0 ? 'SEVERITY' : lines[i - 1]?.[0]}  ${line}`)
        shell.print(
          { json: nodes, lines: nodes.length > 0 ? shown : ['There is no anomaly like that.'] },
          options,
        )
      }),
    )

  group
    .command('show <tenant> <anomaly>')
    .description('one anomaly in full')
    .action((tenantId: string, id: string, options: Json) =>
      within(shell, tenantId, async (parts) => show(shell, parts, id, options)),
    )

  group
    .command('watch <tenant>')
    .description(
      'each anomaly as it is raised or changed, until Ctrl-C; with --json one JSON document a line',
    )
    .action((tenantId: string, options: Json) =>
      within(shell, tenantId, (parts) => stoppable((stop) => watch(shell, parts, options, stop.signal))),
    )

  for (const [verb, step, flag, effect] of [
    ['acknowledge', 'acknowledge', 'note', 'record that somebody is working on it'],
    ['resolve', 'resolve', 'note', 'record that it is dealt with'],
    ['reopen', 'reopen', 'note', 'open it again'],
    ['false-positive', 'markFalsePositive', 'reason', 'say that it was a false alarm'],
  ] as const) {
    group
      .command(`${verb} <tenant> <anomaly>`)
      .description(effect)
      .option(`--${flag} <text>`, 'in your own words')
      .action((tenantId: string, id: string, options: Json & { note?: string; reason?: string }) =>
        within(shell, tenantId, async (parts) => {
          await takeStep(parts.scope, parts.services.acting, step, id, options[flag])
          await show(shell, parts, id, options)
        }),
      )
  }

  filtered(group.command('export <tenant>'))
    .description('all of them as CSV on standard output; with --json as one JSON array')
    .action((tenantId: string, options: FilterOptions) =>
      within(shell, tenantId, async ({ scope, services, graphql, selection }) => {
        if (options.json) return exportJson(shell, graphql, selection(true), filterOf(options, services))
        const filter = readAnomalyFilter(queryOf(options, services))
        const { csvOf } = await import('../export/anomalies.ts')
        for await (const page of csvOf(scope, filter)) shell.io.stdout.write(page)
      }),
    )

  return group
}

const filtered = (command: Command): Command =>
  command
    .option('--severity <names>', 'LOW, MEDIUM, HIGH, CRITICAL; several with commas')
    .option('--status <names>', 'OPEN, ACKNOWLEDGED, RESOLVED, FALSE_POSITIVE; several with commas')
    .option('--detector <names>', 'such as CHARGE_FAILURE_SPIKE; several with commas')
    .option('--search <text>', 'words in title, message or note, or the id of a Stripe object')
    .option('--since <time>', 'detected within this time, such as 7d', duration)

interface Parts {
  scope: Scope
  services: CommandServices
  graphql: LocalGraphql
  selection(series: boolean): string
}

/** GraphQL is loaded by these commands alone. */
const within = (shell: Shell, tenantId: string, work: (parts: Parts) => Promise<void>): Promise<void> =>
  shell.withTenant(tenantId, async (scope, services) => {
    const { LocalGraphql, anomalySelection } = await import('../graphql/local.ts')
    const graphql = new LocalGraphql(services, tenantId)
    await work({ scope, services, graphql, selection: (series) => anomalySelection({ series }) })
  })

/** The filter as a query string of the CSV export, whose parser validates it. */
function queryOf(options: FilterOptions, { acting }: CommandServices): URLSearchParams {
  const { severity, status, detector, search, since } = options
  const from = since === undefined ? undefined : new Date(acting.clock.now().getTime() - since * 1_000)
  const given = {
    severities: severity?.toUpperCase(),
    statuses: status?.toUpperCase().replaceAll('-', '_'),
    detectors: detector?.toUpperCase().replaceAll('-', '_'),
    search,
    'detected.from': from?.toISOString(),
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value)
  return query
}

/** @throws PublicError BAD_USER_INPUT that names what is not known */
function filterOf(options: FilterOptions, services: CommandServices): Record<string, unknown> {
  const query = queryOf(options, services)
  const { detected: _, ...rest } = readAnomalyFilter(query)
  const from = query.get('detected.from')
  return { ...rest, ...(from !== null && { detected: { from } }) }
}

const nodesOf = (connection: unknown): unknown[] =>
  typeof connection === 'object' &&
  connection !== null &&
  'nodes' in connection &&
  Array.isArray(connection.nodes)
    ? connection.nodes
    : []

async function read({ graphql, selection }: Parts, id: string): Promise<unknown> {
  const { anomaly } = await graphql.ask(`query($id: ID!) { anomaly(id: $id) { ${selection(true)} } }`, { id })
  return anomaly ?? undefined
}

async function show(shell: Shell, parts: Parts, id: string, options: Json): Promise<void> {
  const anomaly = await read(parts, id)
  if (anomaly === undefined) throw new PublicError('NOT_FOUND', `there is no anomaly ${id}`)
  const lines = detailsOf(shell.io.stdout, shownAnomaly.parse(anomaly), parts.services.acting.clock.now())
  shell.print({ json: anomaly, lines }, options)
}

async function watch(shell: Shell, parts: Parts, options: Json, signal: AbortSignal): Promise<void> {
  shell.note('Watching; Ctrl-C ends it.')
  const out = shell.io.stdout
  for await (const { kind, anomaly } of parts.graphql.follow(await feedHead(parts.scope), signal)) {
    const found = anomaly && (await read(parts, anomaly.id))
    if (found === undefined) continue
    const one = shownAnomaly.parse(found)
    const became = (kind ?? 'ANOMALY_UPDATED')
      .replace(/^ANOMALY_/, '')
      .replaceAll('_', ' ')
      .toLowerCase()
    const at = parts.services.acting.clock.now().toISOString().slice(11, 19)
    const line = `${at}Z  ${severityOf(out, one)}  ${became}: ${plain(one.title)}  ${one.id}`
    shell.print({ json: found, lines: [line] }, options)
  }
}

async function exportJson(
  shell: Shell,
  graphql: LocalGraphql,
  selection: string,
  filter: Record<string, unknown>,
): Promise<void> {
  const query = `query($filter: AnomalyFilter, $after: String) {
    anomalies(filter: $filter, first: 50, after: $after) { nodes { ${selection} } pageInfo { hasNextPage endCursor } }
  }`
  const pageInfo = z.object({
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  })
  let separator = '['
  for (let after: string | null = null; ; ) {
    const { anomalies } = await graphql.ask(query, { filter, after })
    for (const node of nodesOf(anomalies)) {
      shell.io.stdout.write(`${separator}${JSON.stringify(node)}`)
      separator = ',\n'
    }
    const page = pageInfo.parse(anomalies).pageInfo
    if (!page.hasNextPage) break
    after = page.endCursor
  }
  shell.io.stdout.write(separator === '[' ? '[]\n' : ']\n')
}
