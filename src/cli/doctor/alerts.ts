import { troubledChannels } from '../../storage/alerts/standing.ts'
import type { Database } from '../../storage/database.ts'
import type { WallClock } from '../../time.ts'
import type { Finding } from './finding.ts'

/** A receiver may be away for a while: its alerts wait and are repeated. */
const FAILING_AFTER_MS = 60 * 60_000
const SHOWN = 10

/** Channels on which alerts do not arrive. */
export async function checkAlerts(database: Database, clock: WallClock): Promise<Finding[]> {
  const now = clock.now().getTime()
  const channels = await troubledChannels(database.sql, new Date(now - FAILING_AFTER_MS), SHOWN)
  if (channels.length === 0)
    return [
      { check: 'alerts', level: 'ok', message: 'no channel is disabled, and none has failed for an hour' },
    ]
  return channels.map(({ tenantId, channelId, name, kind, state, reason, failingSince }) => ({
    check: 'alerts',
    level: 'problem',
    message:
      state === 'DISABLED'
        ? `channel ${name} (${kind}) of ${tenantId} is disabled: ${reason ?? 'no reason was given'}`
        : `channel ${name} (${kind}) of ${tenantId}: every attempt has failed since ${failingSince?.toISOString()}`,
    advice: `./billingwatch channel show ${tenantId} ${channelId} says what was answered${
      state === 'DISABLED'
        ? `; once that is mended, ./billingwatch channel enable ${tenantId} ${channelId}`
        : ''
    }.`,
  }))
}
