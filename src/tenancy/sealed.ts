import { ConfigError } from '../config.ts'
import type { Database } from '../storage/database.ts'
import { type SealedAlike, sealedByKey } from '../storage/sealed.ts'
import type { Vault } from './vault.ts'

/** What `doctor`, and a server that refuses to start, say of secrets and tokens that do not open. */
export const CANNOT_BE_OPENED = {
  message: (shut: number, all: number): string =>
    `${shut} of ${all} secrets and tokens cannot be opened: their deliveries cannot be verified, and no server starts`,
  advice:
    'Bring back the BILLINGWATCH_SECRET (or secret.key) they were stored under, as BILLINGWATCH_SECRET_PREVIOUS too.',
}

/**
 * A server with another secret than its database would be ready, and answer 503 to every delivery.
 * @throws ConfigError in one line when anything in use is sealed under a secret that is not known here
 */
export async function refuseForeignSecret(database: Database, vault: Vault): Promise<void> {
  refuseUnknown(await sealedByKey(database), vault)
}

/**
 * The vault of a command that works beside servers. What it sealed under another secret than theirs would keep all of
 * them from starting, so it then refuses to seal; what needs no secret goes on.
 */
export async function sealingAsBefore(database: Database, vault: Vault): Promise<Vault> {
  const inUse = await sealedByKey(database)
  return {
    ...vault,
    // Looked at only here: deriving the keys takes longer than most commands.
    seal(plain, place) {
      refuseUnknown(inUse, vault)
      return vault.seal(plain, place)
    },
  }
}

function refuseUnknown(sealed: readonly SealedAlike[], vault: Vault): void {
  let [shut, all] = [0, 0]
  for (const { example, count } of sealed) {
    all += count
    if (!vault.knows(example)) shut += count
  }
  if (shut > 0) throw new ConfigError(`${CANNOT_BE_OPENED.message(shut, all)}. ${CANNOT_BE_OPENED.advice}`)
}
