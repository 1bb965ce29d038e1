import { ConfigError } from '../config.ts'
import type { Database } from '../storage/database.ts'
import { sealedByKey } from '../storage/sealed.ts'
import type { Vault } from './vault.ts'

/** What `doctor`, and a server that refuses to start, say of secrets and tokens that do not open. */
export const CANNOT_BE_OPENED = {
  message: (shut: number, all: number): string =>
    `${shut} of ${all} secrets and tokens cannot be opened, so their deliveries are refused`,
  advice:
    'Bring back the BILLINGWATCH_SECRET (or secret.key) they were stored under, as BILLINGWATCH_SECRET_PREVIOUS too.',
}

/**
 * A server with another secret than its database would be ready, and answer 503 to every delivery.
 * @throws ConfigError in one line when anything in use is sealed under a secret that is not known here
 */
export async function refuseForeignSecret(database: Database, vault: Vault): Promise<void> {
  let [shut, all] = [0, 0]
  for (const { example, count } of await sealedByKey(database)) {
    all += count
    if (!vault.knows(example)) shut += count
  }
  if (shut > 0) throw new ConfigError(`${CANNOT_BE_OPENED.message(shut, all)}. ${CANNOT_BE_OPENED.advice}`)
}
