import { Command, InvalidArgumentError } from 'commander'
import { INCIDENTS, incidentNamed, LIVE_INCIDENT_NAMES } from '../simulator/incidents/registry.ts'
import { postStream } from '../simulator/post.ts'
import type { Business } from '../simulator/trade/business.ts'
import { BUSINESSES, businessNamed } from '../simulator/trade/registry.ts'
import { writeTrade } from '../simulator/trade/write.ts'
import { type WrittenTenant, writeStreams } from '../simulator/write.ts'
import { wholeArgument } from './format.ts'
import { Progress } from './progress.ts'
import { Shell } from './shell.ts'

const positive = (value: string): number => {
  const number = Number(value)
  if (!(number > 0) || !Number.isFinite(number))
    throw new InvalidArgumentError('It must be a number above 0.')
  return number
}

const switched = (value: string): 'on' | 'off' => {
  if (value !== 'on' && value !== 'off') throw new InvalidArgumentError('It must be on or off.')
  return value
}

const incidentName = (value: string): string => {
  if (!INCIDENTS.some(({ name }) => name === value)) {
    throw new InvalidArgumentError(`There are: ${INCIDENTS.map(({ name }) => name).join(', ')}.`)
  }
  return value
}

const webhookUrl = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new InvalidArgumentError('It must be an http or https URL.')
  }
  return value
}

const worldName = (value: string): 'first' | 'second' => {
  if (value !== 'first' && value !== 'second') throw new InvalidArgumentError('It must be first or second.')
  return value
}

const businessNames = (value: string): Business[] => {
  try {
    return value.split(',').map(businessNamed)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

interface Options {
  world: 'first' | 'second'
  business?: Business[]
  tenants: number
  days: number
  seed?: string
  incidents: 'on' | 'off'
  incident?: string
  out?: string
  post?: string
  secret?: string
  speed?: number
  json?: boolean
}

const HELP = `
Incidents:
${INCIDENTS.map(({ name, about, live }) => `  ${name.padEnd(24)} ${about}${live ? '' : ' (not with --post)'}`).join('\n')}

Businesses of the second world:
${BUSINESSES.map(({ name, about }) => `  ${name.padEnd(24)} ${about}`).join('\n')}

Examples:
  billingwatch simulate --tenants 3 --days 35 --out ./streams
  billingwatch simulate --world second --business canteen,restaurant --out ./streams
  billingwatch simulate --post http://localhost:4000/webhook/TOKEN --secret whsec_… --incident duplicate-charge`

/** `simulate`: labelled streams of realistic Stripe events into files, or posted to a running server. */
export function simulateCommand(shell: Shell = new Shell(process)): Command {
  return new Command('simulate')
    .description(
      'labelled, deterministic streams of Stripe events: written to files, or posted as signed webhooks',
    )
    .option(
      '--world <first|second>',
      'tenants without habits, or kinds of business with theirs',
      worldName,
      'first',
    )
    .option(
      '--business <names>',
      'of the second world: these, separated by commas (default: all)',
      businessNames,
    )
    .option('--tenants <n>', 'how many tenants of the first world, with --out', wholeArgument(1_000), 3)
    .option(
      '--days <d>',
      'how many days, with --out (second world: as many as each business has)',
      wholeArgument(400),
      35,
    )
    .option('--seed <seed>', 'the same seed gives the same events (default with --out: 1)')
    .option('--incidents <on|off>', 'whether anything goes wrong, with --out', switched, 'on')
    .option('--incident <name>', 'this goes wrong and nothing else', incidentName)
    .option('--out <dir>', 'folder for TENANT.jsonl and labels.json')
    .option('--post <url>', 'webhook URL to post to; the incident happens now', webhookUrl)
    .option('--secret <whsec>', 'signing secret of that webhook, or - to read it from stdin')
    .option('--speed <x>', 'times faster than usual, with --post', positive)
    .option('--json', 'print one JSON document')
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) => {
      const { post, out } = options
      if (post !== undefined && out !== undefined)
        return usage(command, 'give either --out or --post, not both')
      if (post !== undefined) return postLive(shell, post, options, command)
      if (out !== undefined) return write(shell, out, options, command)
      return usage(command, 'give --out DIR to write streams, or --post URL to send them')
    })
}

const usage = (command: Command, message: string): never =>
  command.error(`error: ${message}`, { exitCode: 2 })

function write(shell: Shell, out: string, options: Options, command: Command): void {
  const only = options.incident === undefined ? undefined : incidentNamed(options.incident)
  const least = only === undefined ? 1 : Math.ceil(only.daysBefore + only.daysAfter + 1)
  if (only && options.days < least)
    usage(command, `${only.name} needs --days ${least} or more to stand out from what is usual`)
  shell.note(
    `Writing to ${out}: a .jsonl file for each tenant, and labels.json; what has these names is written over.`,
  )
  const progress = new Progress(shell, 'Writing')
  const total = options.tenants * options.days
  const common = {
    out,
    onProgress: (done: number) => progress.step({ done, total, unit: 'days' }),
    seed: options.seed ?? '1',
    incidents: options.incidents,
    onTenant: ({ name, events, labels }: WrittenTenant) =>
      shell.progress(`${name}: ${events} events, ${labels.length} incidents\n`),
  }
  if (options.world === 'second' && only) usage(command, '--incident is of the first world')
  if (options.world === 'first' && options.business) usage(command, '--business needs --world second')
  const days = command.getOptionValueSource('days') === 'default' ? undefined : options.days
  const written =
    options.world === 'second'
      ? writeTrade({ ...common, businesses: options.business ?? BUSINESSES, days })
      : writeStreams({ ...common, tenants: options.tenants, days: options.days, only })
  const events = written.reduce((sum, tenant) => sum + tenant.events, 0)
  const labels = written.reduce((sum, tenant) => sum + tenant.labels.length, 0)
  const tenants = written.map(({ name, file, ...tenant }) => ({
    name,
    file,
    events: tenant.events,
    labels: tenant.labels,
  }))
  const words = `${events} events of ${written.length} tenants and ${labels} labelled incidents are in ${out}`
  shell.print({ json: { out, events, incidents: labels, tenants }, lines: [words] }, options)
}

async function postLive(shell: Shell, url: string, options: Options, command: Command): Promise<void> {
  const incident = options.incident === undefined ? undefined : incidentNamed(options.incident)
  if (incident && !incident.live) {
    const able = LIVE_INCIDENT_NAMES.join(', ')
    usage(command, `${incident.name} takes hours or days; with --post there are: ${able}`)
  }
  if (!options.secret) return usage(command, '--post needs --secret whsec_… (or - to read it from stdin)')
  const result = await postStream({
    url,
    secret: await shell.secret(options.secret),
    incident,
    speed: options.speed,
    seed: options.seed,
    onProgress: ({ posted, total }) => shell.progress(`${posted}/${total} events posted`),
  })
  const happened = incident ? `; ${incident.name} has just happened` : ''
  const lines = [`${result.accepted} events accepted${happened}`]
  shell.progress('')
  shell.print({ json: { incident: incident?.name ?? null, ...result }, lines }, options)
}
