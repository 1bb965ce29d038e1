import { Command } from 'commander'
import { placeOf } from '../calendar/country.ts'
import type { Config, RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { Tenant, WebhookEndpoint } from '../generated/sqlite/client.ts'
import { listEndpoints, webhookUrl } from '../tenancy/endpoints.ts'
import { resumeTenant, suspendTenant, updateTenant } from '../tenancy/tenant.ts'
import { createTenant, deleteTenant, listTenants, type TenantCreated } from '../tenancy/tenants.ts'
import { rateArgument, table, time } from './format.ts'
import type { Answer, CommandServices, Shell } from './shell.ts'
import { endpointView, tenantView } from './views.ts'

type WebhookBase = Pick<Config, 'publicUrl' | 'port'>

interface Json {
  json?: boolean
}

/** `tenant …`: the customers whose Stripe accounts are watched. */
export function tenantCommand(shell: Shell): Command {
  const group = new Command('tenant').description('tenants: make, list, change, suspend, erase')
  const placed = async (services: CommandServices): Promise<CommandServices & { base: WebhookBase }> => ({
    ...services,
    base: await shell.webhookBase(services.config),
  })

  group
    .command('create <name>')
    .description('a tenant with a webhook URL and an ADMIN key, which is shown this once')
    .option('--webhook-secret <whsec>', "Stripe's signing secret for the URL, or - to read it from stdin")
    .option('--external-id <id>', 'your own id for it: the same one again creates nothing')
    .option('--timezone <zone>', 'IANA name; its days and weeks are counted there', 'UTC')
    .option('--country <code>', 'ISO 3166-1 alpha-2, for its public holidays (default: by the zone)')
    .action(async (name: string, options: CreateOptions) => {
      const webhookSecret =
        options.webhookSecret === undefined ? undefined : await shell.secret(options.webhookSecret)
      const create = async (services: CommandServices): Promise<void> => {
        const { externalId, timezone, country } = options
        const created = await createTenant(services.database, services.acting, {
          name,
          externalId,
          webhookSecret,
          timezone,
          country,
        })
        const answer = created.existing
          ? alreadyThere(created.tenant)
          : welcome(created, await shell.webhookBase(services.config), webhookSecret !== undefined)
        shell.print(answer, options)
      }
      await shell.withServices(create, { create: true })
    })

  group
    .command('list')
    .description('all tenants, oldest first')
    .option('--search <text>', 'part of the name or of the external id')
    .option('--suspended', 'only suspended ones')
    .action((options: Json & { search?: string; suspended?: boolean }) =>
      shell.withServices(async ({ database, config }) => {
        const tenants = await listTenants(database, options)
        const rows = tenants.map((tenant) => [tenant.id, tenant.name, tenant.timezone, stateOf(tenant)])
        const narrowed = options.search !== undefined || options.suspended !== undefined
        const none = narrowed
          ? 'There is no such tenant.'
          : 'There is no tenant yet. Create the first: ./billingwatch tenant create "My company"'
        const lines = rows.length > 0 ? table([['ID', 'NAME', 'ZONE', 'STATE'], ...rows]) : [none]
        shell.print({ json: tenants.map((tenant) => tenantView(tenant, config)), lines }, options)
      }),
    )

  group
    .command('show <id>')
    .description('one tenant with its endpoints')
    .action((id: string, options: Json) =>
      shell.withTenant(id, async (scope, services, tenant) =>
        shell.print(details(tenant, await listEndpoints(scope), await placed(services)), options),
      ),
    )

  group
    .command('update <id>')
    .description('change its name, zone, country or rate limit; what is left out stays')
    .option('--name <name>')
    .option('--timezone <zone>', 'IANA name')
    .option('--country <code>', 'ISO 3166-1 alpha-2, or default: by the zone')
    .option('--rate-limit <limit>', 'deliveries/seconds, e.g. 6000/60, or default', rateArgument)
    .action((id: string, options: UpdateOptions) =>
      shell.withTenant(id, async (scope, services) => {
        const { name, timezone } = options
        const country = options.country === 'default' ? null : options.country
        const rateLimit = options.rateLimit === 'default' ? null : options.rateLimit
        const tenant = await updateTenant(scope, services.acting, { name, timezone, country, rateLimit })
        shell.print(details(tenant, await listEndpoints(scope), await placed(services)), options)
      }),
    )

  for (const [verb, act, effect] of [
    ['suspend', suspendTenant, 'cut off its deliveries, keys and sockets; its data stays'],
    ['resume', resumeTenant, 'let a suspended tenant in again'],
  ] as const) {
    group
      .command(`${verb} <id>`)
      .description(effect)
      .action((id: string, options: Json) =>
        shell.withTenant(id, async (scope, { acting, config }) => {
          const tenant = await act(scope, acting)
          const lines = [`${tenant.name} (${tenant.id}) is ${stateOf(tenant)}.`]
          shell.print({ json: tenantView(tenant, config), lines }, options)
        }),
      )
  }

  group
    .command('delete <id>')
    .description('cut it off at once, then erase every row of it')
    .option('--yes', 'really: there is no way back')
    .action(async (id: string, options: Json & { yes?: boolean }) => {
      if (!options.yes)
        throw new PublicError('BAD_USER_INPUT', 'this erases everything of the tenant: add --yes')
      await shell.withServices(async ({ database, acting }) => {
        let rows = 0
        const progress = (erased: number): void => {
          rows = erased
          shell.progress(`${erased} rows erased`)
        }
        await deleteTenant(database, acting, id, { progress })
        shell.progress('')
        shell.print(
          { json: { id, deleted: true, rows }, lines: [`${id} is gone: ${rows} rows erased.`] },
          options,
        )
      })
    })

  return group
}

interface CreateOptions extends Json {
  webhookSecret?: string
  externalId?: string
  timezone: string
  country?: string
}

interface UpdateOptions extends Json {
  name?: string
  timezone?: string
  country?: string
  rateLimit?: RateLimit | 'default'
}

function stateOf({ suspendedAt, moving }: Tenant): string {
  if (moving === 'IN') return 'read-only (still coming from another database)'
  if (moving === 'OUT') return 'read-only (moves to another database, or has moved there)'
  return suspendedAt ? 'suspended' : 'active'
}

const countryInWords = (tenant: Tenant): string => {
  const { country } = placeOf(tenant)
  if (country === undefined) return '- (no public holidays are known)'
  return tenant.country === null ? `${country} (by the zone)` : country
}

const alreadyThere = ({ id, name, externalId }: Tenant): Answer => ({
  json: { id, name, existing: true },
  lines: [`There is a tenant with external id ${externalId} already: ${name} (${id}). Nothing was created.`],
})

/** The first thing a new user reads: what was created, and the next steps. */
function welcome({ tenant, token, key }: TenantCreated, at: WebhookBase, hasSecret: boolean): Answer {
  const { id, name } = tenant
  const url = webhookUrl(at, token)
  const base = url.slice(0, url.indexOf('/webhook/'))
  const secretStep = hasSecret
    ? []
    : [
        '',
        `  Then give its signing secret (- reads it from standard input, where \`ps\` does not show it):`,
        `    ./billingwatch secret add ${id} -`,
      ]
  return {
    json: { id, name, webhookUrl: url, webhookToken: token, apiKey: key },
    lines: [
      `Created ${name}.`,
      '',
      ...table([
        ['  Tenant', id],
        ['  Webhook URL', url],
        ['  API key', `${key}  (ADMIN; shown only now)`],
      ]),
      '',
      'Next:',
      '  Add the webhook URL in Stripe, with the event types that `./billingwatch events` lists,',
      '  or forward the events of your own machine:',
      `    stripe listen --forward-to ${url}`,
      ...secretStep,
      '',
      '  Or give a restricted key, which adds it, reads what happened before and proves that nothing is missing:',
      `    ./billingwatch connect ${id} --key -`,
      '',
      '  No Stripe account? Post a simulated incident:',
      `    ./billingwatch simulate --post ${url} --secret - --incident duplicate-charge`,
      '',
      `  Ask and subscribe with the API key at ${base}/graphql.`,
    ],
  }
}

function details(
  tenant: Tenant,
  endpoints: readonly WebhookEndpoint[],
  { config, acting, base }: CommandServices & { base: WebhookBase },
): Answer {
  const view = tenantView(tenant, config)
  const shown = endpoints.map((endpoint) => endpointView(endpoint, { base, vault: acting.vault }))
  return {
    json: { ...view, webhookEndpoints: shown },
    lines: table([
      ['ID', tenant.id],
      ['Name', tenant.name],
      ['External id', tenant.externalId ?? '-'],
      ['State', stateOf(tenant)],
      ['Created', time(tenant.createdAt)],
      ['Zone', tenant.timezone],
      ['Country', countryInWords(tenant)],
      ['Rate limit', `${view.rateLimit.requests} deliveries in ${view.rateLimit.seconds} s`],
      ...shown.map(({ name, webhookUrl, lastDeliveryAt }) => [
        `Endpoint ${name}`,
        `${webhookUrl}  (last delivery: ${time(lastDeliveryAt)})`,
      ]),
    ]),
  }
}
