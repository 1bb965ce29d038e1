import { count } from '../../detection/kit/words.ts'
import type { Database } from '../../storage/database.ts'
import { type MovingTenant, movingTenants } from '../../storage/moving.ts'
import type { Finding } from './finding.ts'

const SHOWN = 10

/** Tenants that nothing is written for: their deliveries are answered 503. */
export async function checkMoving({ sql }: Database): Promise<Finding[]> {
  const all = await movingTenants(sql)
  const out = all.filter(({ moving }) => moving === 'OUT')
  const coming = all.filter(({ moving }) => moving === 'IN')
  return [
    ...finding(
      out,
      'read-only since they were moved to another database, or while they are copied there',
      'Once the copy is complete, let the host of PUBLIC_URL lead to the new server, then ./billingwatch tenant delete each here. Of a copy that was broken off the same command goes on, or takes it back with --cancel.',
    ),
    ...finding(
      coming,
      'read-only until all of them has come from another database',
      'If no copy runs, the same ./billingwatch copy goes on with it.',
    ),
  ]
}

function finding(tenants: readonly MovingTenant[], message: string, advice: string): Finding[] {
  if (tenants.length === 0) return []
  const names = tenants.slice(0, SHOWN).map(({ id, name }) => `${name} (${id})`)
  if (tenants.length > SHOWN) names.push('…')
  return [
    {
      check: 'tenants',
      level: 'notice',
      message: `${message}: ${count(tenants.length, 'tenant')}, ${names.join(', ')}`,
      advice,
    },
  ]
}
