import { Command } from 'commander'
import { addEndpoint, listEndpoints, rotateToken } from '../tenancy/endpoints.ts'
import { duration, table, time } from './format.ts'
import type { Shell } from './shell.ts'
import { endpointView } from './views.ts'

interface Json {
  json?: boolean
}

/** `endpoint …`: a webhook URL for each Stripe account of a tenant. */
export function endpointCommand(shell: Shell): Command {
  const group = new Command('endpoint').description(
    "webhook URLs, one for each of a tenant's Stripe accounts",
  )

  group
    .command('add <tenant> <name>')
    .description('one more URL; a name that is there already gives the URL that it has')
    .action((tenantId: string, name: string, options: Json) =>
      shell.withTenant(tenantId, async (scope, { config, acting }) => {
        const { endpoint } = await addEndpoint(scope, acting, { name })
        const base = await shell.webhookBase(config)
        const view = endpointView(endpoint, { base, vault: acting.vault })
        const lines = [
          ...table([
            ['Endpoint', `${view.name} (${view.id})`],
            ['Webhook URL', view.webhookUrl],
          ]),
          `Its signing secret: ./billingwatch secret add ${tenantId} - --endpoint ${view.id}`,
        ]
        shell.print({ json: view, lines }, options)
      }),
    )

  group
    .command('list <tenant>')
    .description("a tenant's URLs")
    .action((tenantId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope, { config, acting }) => {
        const endpoints = await listEndpoints(scope)
        const base = await shell.webhookBase(config)
        const views = endpoints.map((endpoint) => endpointView(endpoint, { base, vault: acting.vault }))
        const lines = table([
          ['ID', 'NAME', 'LAST DELIVERY', 'WEBHOOK URL'],
          ...views.map((view) => [view.id, view.name, time(view.lastDeliveryAt), view.webhookUrl]),
        ])
        shell.print({ json: views, lines }, options)
      }),
    )

  group
    .command('rotate-token <tenant>')
    .description('a new URL; the present one works on for the grace')
    .option('--endpoint <endpoint>', 'id or name; must be said where the tenant has several')
    .option('--grace <time>', 'how long the present URL works on; 0 ends it now', duration, 86_400)
    .action((tenantId: string, options: Json & { endpoint?: string; grace: number }) =>
      shell.withTenant(tenantId, async (scope, { config, acting }) => {
        const { endpoint } = await rotateToken(scope, acting, {
          endpoint: options.endpoint,
          graceSeconds: options.grace,
        })
        const base = await shell.webhookBase(config)
        const view = endpointView(endpoint, { base, vault: acting.vault })
        const until = view.previousTokenExpiresAt
        const lines = table([
          ['Endpoint', `${view.name} (${view.id})`],
          ['Webhook URL', view.webhookUrl],
          ['Former URL', until ? `works until ${time(until)}` : 'has ended'],
        ])
        shell.print({ json: view, lines }, options)
      }),
    )

  return group
}
