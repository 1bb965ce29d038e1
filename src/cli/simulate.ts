import { text } from 'node:stream/consumers'
import { Command, InvalidArgumentError } from 'commander'
import { INCIDENTS, incidentNamed, LIVE_INCIDENT_NAMES } from '../simulator/incidents/registry.ts'
import { postStream } from '../simulator/post.ts'

const positive = (value: string): number => {
  const number = Number(value)
  if (!(number > 0) || !Number.isFinite(number))
    throw new InvalidArgumentError('It must be a number above 0.')
  return number
}

const incident = (value: string): string => {
  try {
    return incidentNamed(value).name
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

const webhookUrl = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new InvalidArgumentError('It must be an http or https URL.')
  }
  return value
}

interface Options {
  incident?: string
  post?: string
  secret?: string
  speed?: number
  seed?: string
  json?: boolean
}

/** `simulate`: posts labelled incidents to a running server. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('simulated Stripe events with known incidents, posted as signed webhooks')
    .option('--incident <name>', `one of: ${INCIDENTS.map(({ name }) => name).join(', ')}`, incident)
    .option('--post <url>', 'webhook URL to post to; the incident happens now', webhookUrl)
    .option('--secret <whsec>', 'signing secret of that webhook, or - to read it from stdin')
    .option('--speed <x>', 'times faster than usual, with --post', positive)
    .option('--seed <seed>', 'the same seed gives the same events')
    .option('--json', 'print one JSON document')
    .action(async (options: Options, command: Command) => {
      if (options.post === undefined) return command.error('error: give --post URL', { exitCode: 2 })
      await post(options.post, options, command)
    })
}

async function post(url: string, options: Options, command: Command): Promise<void> {
  const secret = options.secret === '-' ? (await text(process.stdin)).trim() : options.secret
  if (!secret) return command.error('error: --post needs --secret whsec_… (or - to read it)', { exitCode: 2 })
  const chosen = options.incident === undefined ? undefined : incidentNamed(options.incident)
  if (chosen && !chosen.live) {
    const able = LIVE_INCIDENT_NAMES.join(', ')
    return command.error(`error: ${chosen.name} takes hours; with --post there are: ${able}`, { exitCode: 2 })
  }
  const talks = process.stderr.isTTY && options.json !== true
  const result = await postStream({
    url,
    secret,
    incident: chosen,
    speed: options.speed,
    seed: options.seed,
    onProgress: ({ posted, total }) => {
      if (talks) process.stderr.write(`\r${posted}/${total} events posted`)
    },
  })
  if (talks) process.stderr.write('\n')
  const shown = { incident: chosen?.name ?? null, ...result }
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(shown)}\n`
      : `${result.accepted} events accepted${chosen ? `; ${chosen.name} has just happened` : ''}\n`,
  )
}
