import { Command } from 'commander'
import { rewrapAll } from '../tenancy/rewrap.ts'
import { addSecret, listSecrets, retireSecret } from '../tenancy/secrets.ts'
import { table, time } from './format.ts'
import type { Shell } from './shell.ts'
import { secretView } from './views.ts'

interface Json {
  json?: boolean
}

/** `secret …`: Stripe's signing secrets, and the key that encrypts them. */
export function secretCommand(shell: Shell): Command {
  const group = new Command('secret').description("Stripe's signing secrets")

  group
    .command('add <tenant> <whsec>')
    .description('one more secret, or - to read it from stdin; those before stay live until they are retired')
    .option('--endpoint <endpoint>', 'id or name; must be said where the tenant has several')
    .action(async (tenantId: string, argument: string, options: Json & { endpoint?: string }) => {
      const secret = await shell.secret(argument)
      await shell.withTenant(tenantId, async (scope, { acting }) => {
        const added = await addSecret(scope, acting, { secret, endpoint: options.endpoint })
        shell.print({ json: secretView(added), lines: [`${added.hint} is live (${added.id}).`] }, options)
      })
    })

  group
    .command('list <tenant>')
    .description('by their hints; the secrets themselves are never shown')
    .action((tenantId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope) => {
        const secrets = await listSecrets(scope)
        const lines = table([
          ['ID', 'HINT', 'ENDPOINT', 'ADDED', 'RETIRED'],
          ...secrets.map((one) => [
            one.id,
            one.hint,
            one.endpointId,
            time(one.createdAt),
            time(one.retiredAt),
          ]),
        ])
        shell.print({ json: secrets.map(secretView), lines }, options)
      }),
    )

  group
    .command('retire <tenant> <secret>')
    .description('refuse deliveries that are signed with it from now on')
    .action((tenantId: string, secretId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope, { acting }) => {
        const retired = await retireSecret(scope, acting, secretId)
        shell.print(
          { json: secretView(retired), lines: [`${retired.hint} (${retired.id}) is retired.`] },
          options,
        )
      }),
    )

  group
    .command('rewrap')
    .description('move every stored secret and token to the present BILLINGWATCH_SECRET')
    .action((options: Json) =>
      shell.withServices(async ({ database, acting }) => {
        const rewrapped = await rewrapAll(database, acting.vault)
        const lines = [
          `${rewrapped} secrets and tokens moved; BILLINGWATCH_SECRET_PREVIOUS is not needed any more.`,
        ]
        shell.print({ json: { rewrapped }, lines }, options)
      }),
    )

  return group
}
