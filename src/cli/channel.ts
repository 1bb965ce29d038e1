import { Command } from 'commander'
import { z } from 'zod'
import { TARGET_NAMES } from '../alerts/channels/channel.ts'
import { short } from '../alerts/layout.ts'
import { PublicError } from '../errors.ts'
import type { LocalGraphql } from '../graphql/local.ts'
import { table } from './format.ts'
import { ProblemReported, type Shell } from './shell.ts'

interface Json {
  json?: boolean
}

interface AddOptions extends Json {
  kind: string
  name: string
  url?: string
  address?: string[]
  token?: string
  channel?: string
  routingKey?: string
  region?: string
  minSeverity?: string
}

const shown = z.looseObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  state: z.string(),
  stateReason: z.string().nullable(),
  target: z.string(),
})
type Shown = z.infer<typeof shown>

const tested = z.looseObject({
  id: z.string(),
  state: z.string(),
  why: z.string().nullable(),
  attempts: z.array(z.looseObject({ status: z.number().nullable(), answer: z.string().nullable() })),
})

const BRIEF = 'id name kind state stateReason target'
const ATTEMPTS = 'attempts { at milliseconds status error answer }'
const FULL = `${BRIEF} addresses { address state } routing { minSeverity detectors account testMode minImpact { amount currency } reasons } schedule { mode at weekdays quietFrom quietTo weeklySummary }
  deliveries(first: 20) { nodes { id reason state why createdAt dueAt deliveredAt anomaly { id title } ${ATTEMPTS} } }`

/** `channel …`: where alerts go. */
export function channelCommand(shell: Shell): Command {
  const group = new Command('channel').description(
    'where alerts go: mail, chat, PagerDuty, a receiver of yours',
  )

  group
    .command('add <tenant>')
    .description('a new channel; a secret may be - to read it from stdin')
    .requiredOption('--kind <kind>', 'webhook, email, slack, slack-bot, discord, teams or pagerduty')
    .requiredOption('--name <name>', 'a display name, unique in the tenant')
    .option('--url <url>', 'webhook, slack, discord, teams: where to')
    .option('--address <addresses...>', 'email: the addresses')
    .option('--token <token>', 'slack-bot: the bot token, xoxb-…')
    .option('--channel <channel>', 'slack-bot: the id of the channel')
    .option('--routing-key <key>', 'pagerduty: the integration key')
    .option('--region <region>', 'pagerduty: us or eu')
    .option('--min-severity <severity>', 'LOW, MEDIUM, HIGH or CRITICAL')
    .action((tenantId: string, options: AddOptions) =>
      within(shell, tenantId, async (graphql) => {
        const input = {
          name: options.name,
          target: await targetOf(shell, options),
          ...(options.minSeverity && { routing: { minSeverity: options.minSeverity.toUpperCase() } }),
        }
        const text = `mutation($input: CreateAlertChannelInput!) { createAlertChannel(input: $input) { secret alertChannel { ${BRIEF} } } }`
        const answer = z.object({
          createAlertChannel: z.object({ secret: z.string().nullable(), alertChannel: shown }),
        })
        const { secret, alertChannel } = answer.parse(await graphql.ask(text, { input })).createAlertChannel
        shell.print(
          {
            json: { ...withoutReason(alertChannel), ...(secret !== null && { secret }) },
            lines: [
              `Alerts go to ${alertChannel.target} (${alertChannel.id}), which is ${alertChannel.state}.`,
              ...(secret === null ? [] : [`Signing secret, shown this once: ${secret}`]),
              ...(alertChannel.state === 'UNVERIFIED'
                ? ['Each address got a mail with a link and a code; `channel verify` takes the code.']
                : []),
            ],
          },
          options,
        )
      }),
    )

  group
    .command('list <tenant>')
    .description('all channels, oldest first')
    .action((tenantId: string, options: Json) =>
      within(shell, tenantId, async (graphql) => {
        const answer = await graphql.ask(`{ alertChannels { ${BRIEF} } }`)
        const channels = z.object({ alertChannels: z.array(shown) }).parse(answer).alertChannels
        const lines = table([
          ['ID', 'KIND', 'STATE', 'TARGET', 'NAME'],
          ...channels.map((one) => [one.id, one.kind, one.state, one.target, one.name]),
        ])
        shell.print({ json: channels.map(withoutReason), lines }, options)
      }),
    )

  group
    .command('show <tenant> <channel>')
    .description('one channel with what was sent there lately, and why not')
    .action((tenantId: string, id: string, options: Json) =>
      within(shell, tenantId, async (graphql) => {
        const text = `query($id: ID!) { node(id: $id) { ... on AlertChannel { ${FULL} } } }`
        const full = shown.extend({ deliveries: z.object({ nodes: z.array(delivery) }) })
        const { node } = await graphql.ask(text, { id })
        const found = full.safeParse(node)
        if (!found.success) throw new PublicError('NOT_FOUND', `there is no channel ${id}`)
        const { deliveries, ...channel } = found.data
        shell.print(
          {
            json: { ...withoutReason(channel), deliveries: deliveries.nodes },
            lines: detailsOf(channel, deliveries.nodes),
          },
          options,
        )
      }),
    )

  group
    .command('test <tenant> <channel>')
    .description('really send a test there, and show the answer')
    .action((tenantId: string, id: string, options: Json) =>
      within(shell, tenantId, async (graphql) => {
        const text = `mutation($id: ID!) { testAlertChannel(input: { id: $id }) { alertDelivery { id state why ${ATTEMPTS} } } }`
        const answer = z.object({ testAlertChannel: z.object({ alertDelivery: tested }) })
        const result = answer.parse(await graphql.ask(text, { id })).testAlertChannel.alertDelivery
        const isDelivered = result.state === 'DELIVERED'
        const line = isDelivered
          ? 'The test was delivered.'
          : `The test was not delivered: ${reasonOf(result)}`
        shell.print({ json: { delivery: result }, lines: [line] }, options)
        if (!isDelivered) throw new ProblemReported()
      }),
    )

  for (const [verb, mutation, payload, effect, done] of [
    ['remove', 'deleteAlertChannel', 'deletedAlertChannelId', 'delete it with its deliveries', 'is deleted'],
    [
      'enable',
      'enableAlertChannel',
      'alertChannel { id }',
      'switch a DISABLED channel on again',
      'is enabled',
    ],
  ] as const) {
    group
      .command(`${verb} <tenant> <channel>`)
      .description(effect)
      .action((tenantId: string, id: string, options: Json) =>
        within(shell, tenantId, async (graphql) => {
          await graphql.ask(`mutation($id: ID!) { ${mutation}(input: { id: $id }) { ${payload} } }`, { id })
          shell.print({ json: { id }, lines: [`The channel ${id} ${done}.`] }, options)
        }),
      )
  }

  group
    .command('verify <tenant> <channel> <address> <code>')
    .description('agree to mails, with the code of the mail that asked')
    .action((tenantId: string, id: string, address: string, code: string, options: Json) =>
      within(shell, tenantId, async (graphql) => {
        const text = `mutation($input: VerifyAlertAddressInput!) { verifyAlertAddress(input: $input) { alertChannel { ${BRIEF} } } }`
        const answer = z.object({ verifyAlertAddress: z.object({ alertChannel: shown }) })
        const channel = answer.parse(
          await graphql.ask(text, { input: { id, address, code } }),
        ).verifyAlertAddress
        shell.print(
          { json: withoutReason(channel.alertChannel), lines: [`Alerts go to ${address} from now on.`] },
          options,
        )
      }),
    )

  return group
}

const within = (
  shell: Shell,
  tenantId: string,
  work: (graphql: LocalGraphql) => Promise<void>,
): Promise<void> =>
  shell.withTenant(tenantId, async (_scope, services) => {
    const { LocalGraphql } = await import('../graphql/local.ts')
    await work(new LocalGraphql(services, tenantId))
  })

const withoutReason = ({ stateReason: _, ...channel }: Shown) => channel

/** As `AlertTargetInput` has it; what is wrong with it is said by whoever reads that. */
async function targetOf(shell: Shell, options: AddOptions): Promise<Record<string, unknown>> {
  const kind = TARGET_NAMES.find(
    (name) => name.toLowerCase() === options.kind.toLowerCase().replaceAll('-', ''),
  )
  const given = async (option: string, value: string | undefined): Promise<string> => {
    if (value === undefined) throw new PublicError('BAD_USER_INPUT', `--kind ${options.kind} needs ${option}`)
    return shell.secret(value)
  }
  switch (kind) {
    case undefined:
      throw new PublicError(
        'BAD_USER_INPUT',
        '--kind must be webhook, email, slack, slack-bot, discord, teams or pagerduty',
      )
    case 'email':
      return { email: { addresses: options.address ?? [] } }
    case 'slackBot':
      return {
        slackBot: {
          token: await given('--token', options.token),
          channel: await given('--channel', options.channel),
        },
      }
    case 'pagerDuty':
      return {
        pagerDuty: {
          routingKey: await given('--routing-key', options.routingKey),
          ...(options.region && { region: options.region.toUpperCase() }),
        },
      }
    default:
      return { [kind]: { url: await given('--url', options.url) } }
  }
}

const delivery = tested.extend({ reason: z.string(), createdAt: z.string(), dueAt: z.string() })

/** Characters of an answer that are shown. */
const SHOWN_ANSWER = 80

/** Why it was not sent, with what the receiver said, whose text cannot steer a terminal. */
function reasonOf({ state, why, attempts }: z.infer<typeof tested>): string {
  const answer = state === 'DELIVERED' ? '' : short(attempts.at(-1)?.answer ?? '', SHOWN_ANSWER)
  return [why, answer].filter(Boolean).join(': ')
}

const detailsOf = (channel: Shown, deliveries: readonly z.infer<typeof delivery>[]): string[] => [
  `${channel.name}: ${channel.kind} ${channel.target}, ${channel.state}${channel.stateReason ? ` (${channel.stateReason})` : ''}`,
  ...(deliveries.length === 0
    ? ['Nothing was to be sent there yet.']
    : table([
        ['PLANNED', 'REASON', 'STATE', 'NEXT', 'WHY'],
        ...deliveries.map((one) => [
          one.createdAt,
          one.reason,
          one.state,
          one.state === 'WAITING' ? one.dueAt : '',
          reasonOf(one),
        ]),
      ])),
]
