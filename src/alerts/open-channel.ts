import type { AlertChannel } from '../generated/sqlite/client.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Channel, OpenChannel } from './channels/channel.ts'
import type { Channels } from './channels/registry.ts'

export type SealedChannel = Pick<
  AlertChannel,
  'tenantId' | 'id' | 'target' | 'sealed' | 'secretSealed' | 'formerSecretSealed' | 'formerSecretUntil'
>

/**
 * The channel's kind, with its target opened.
 * @throws VaultError when it was sealed under a BILLINGWATCH_SECRET that is not known any more
 */
export function openChannel(
  channels: Channels,
  vault: Vault,
  { tenantId, id, target, sealed }: SealedChannel,
): { kind: Channel; open: OpenChannel } {
  const kind = channels.get(target)
  if (kind === undefined) throw new Error(`unknown kind of channel: ${target}`)
  const json: unknown = JSON.parse(vault.open(sealed, { tenantId, id, purpose: 'alert-target' }))
  return { kind, open: kind.open(json) }
}

/** The secrets that sign on a channel now, the newest first. */
export function signingSecrets(
  vault: Vault,
  { tenantId, id, secretSealed, formerSecretSealed, formerSecretUntil }: SealedChannel,
  now: Date,
): string[] {
  const present = secretSealed && vault.open(secretSealed, { tenantId, id, purpose: 'alert-secret' })
  const former =
    formerSecretSealed !== null && formerSecretUntil !== null && formerSecretUntil > now
      ? vault.open(formerSecretSealed, { tenantId, id, purpose: 'former-alert-secret' })
      : undefined
  return [present, former].filter((secret) => secret !== null && secret !== undefined)
}
