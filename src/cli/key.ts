import { Command } from 'commander'
import type { ApiKey } from '../generated/sqlite/client.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../tenancy/api-keys.ts'
import type { Role } from '../tenancy/caller.ts'
import { duration, roleArgument, table, time } from './format.ts'
import type { Shell } from './shell.ts'
import { keyView } from './views.ts'

interface Json {
  json?: boolean
}

interface CreateOptions extends Json {
  role: Role
  name?: string
  expires?: number
}

/** `key …`: a tenant's API keys. */
export function keyCommand(shell: Shell): Command {
  const group = new Command('key').description('API keys of a tenant')

  group
    .command('create <tenant>')
    .description('a key, shown this once')
    .requiredOption('--role <role>', 'viewer, member or admin', roleArgument)
    .option('--name <name>', 'who or what uses it')
    .option('--expires <time>', 'how long it works, e.g. 90d; without it: until it is revoked', duration)
    .action((tenantId: string, { role, name, expires, json }: CreateOptions) =>
      shell.withTenant(tenantId, async (scope, { acting }) => {
        const expiresAt =
          expires === undefined ? undefined : new Date(acting.clock.now().getTime() + expires * 1000)
        const { apiKey, key } = await createApiKey(scope, acting, { role, name, expiresAt })
        const view = {
          id: apiKey.id,
          apiKey: key,
          name: apiKey.name,
          role: apiKey.role,
          expiresAt: apiKey.expiresAt,
        }
        const lines = table([
          ['API key', `${key}  (${apiKey.role}; shown only now)`],
          ['ID', apiKey.id],
          ['Works until', apiKey.expiresAt ? time(apiKey.expiresAt) : 'it is revoked'],
        ])
        shell.print({ json: view, lines }, { json })
      }),
    )

  group
    .command('list <tenant>')
    .description('by their prefixes; the keys themselves are not stored')
    .action((tenantId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope, { acting }) => {
        const keys = await listApiKeys(scope)
        const now = acting.clock.now()
        const lines = table([
          ['ID', 'NAME', 'ROLE', 'PREFIX', 'LAST USED', 'STATE'],
          ...keys.map((key) => [
            key.id,
            key.name,
            key.role,
            `${key.prefix}…`,
            time(key.lastUsedAt),
            stateOf(key, now),
          ]),
        ])
        shell.print({ json: keys.map(keyView), lines }, options)
      }),
    )

  group
    .command('revoke <tenant> <key>')
    .description('refuse it from now on; open sockets close within a second')
    .action((tenantId: string, keyId: string, options: Json) =>
      shell.withTenant(tenantId, async (scope, { acting }) => {
        const key = await revokeApiKey(scope, acting, keyId)
        shell.print({ json: keyView(key), lines: [`${key.name} (${key.id}) is revoked.`] }, options)
      }),
    )

  return group
}

function stateOf({ revokedAt, expiresAt }: ApiKey, now: Date): string {
  if (revokedAt) return `revoked ${time(revokedAt)}`
  if (!expiresAt) return 'active'
  return expiresAt > now ? `active until ${time(expiresAt)}` : `expired ${time(expiresAt)}`
}
