import { Command } from 'commander'
import { disconnect, listConnections } from '../connect/manage.ts'
import { stripeMeans } from '../connect/means.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { table, time } from './format.ts'
import type { Shell } from './shell.ts'

interface Json {
  json?: boolean
}

const viewOf = ({ id, endpointId, account, livemode, keyHint, state, through }: StripeConnection) => ({
  id,
  endpointId,
  account,
  livemode,
  keyHint,
  state,
  completeThrough: through?.toISOString() ?? null,
})

/** `connection …`: the keys to Stripe's API that a tenant has given. */
export function connectionCommand(shell: Shell): Command {
  const group = new Command('connection').description("connections to Stripe's API; `connect` makes one")

  group
    .command('list <tenant>')
    .description('all connections, and up to when nothing is missing')
    .action((tenantId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope) => {
        const connections = await listConnections(scope)
        const lines = [
          ...table([
            ['ID', 'ACCOUNT', 'MODE', 'KEY', 'STATE', 'COMPLETE THROUGH'],
            ...connections.map((one) => [
              one.id,
              one.account ?? '-',
              one.livemode ? 'live' : 'test',
              one.keyHint,
              one.state,
              time(one.through),
            ]),
          ]),
          ...connections.flatMap(({ id, trouble }) => (trouble === null ? [] : [`${id}: ${trouble}`])),
        ]
        shell.print({ json: connections.map(viewOf), lines }, options)
      }),
    )

  group
    .command('remove <tenant> <connection>')
    .description('forget the key; events stay, and webhooks go on')
    .option('--delete-endpoint', 'delete its endpoint at Stripe too: then nothing is delivered any more')
    .action((tenantId: string, id: string, options: Json & { deleteEndpoint?: boolean }) =>
      shell.withTenant(tenantId, async (scope, { config, acting }) => {
        const deleteEndpoint = options.deleteEndpoint ?? false
        const removed = await disconnect(
          scope,
          acting,
          stripeMeans(config, () => config),
          { id, deleteEndpoint },
        )
        if (removed === undefined) {
          shell.print({ json: { id }, lines: [`The connection ${id} was removed before.`] }, options)
          return
        }
        const rest = deleteEndpoint
          ? 'Its endpoint at Stripe is deleted.'
          : removed.stripeEndpointId === null
            ? 'Webhooks go on.'
            : `Webhooks go on; its endpoint at Stripe is ${removed.stripeEndpointId}.`
        shell.print({ json: { id }, lines: [`The connection ${id} is removed. ${rest}`] }, options)
      }),
    )

  return group
}
