import { openDatabase } from '../../../src/storage/open.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { newTenantInput } from './workload.ts'

/** Creates as many tenants as each message says, and answers with the CPU seconds used so far. */
const [, , databaseUrl = ''] = process.argv

const database = await openDatabase({ databaseUrl })
const vault = createVault('a secret of the bench, long enough')
const acting = { actor: { kind: 'OPERATOR', name: 'bench' } as const, vault, clock: systemClock }

process.on('message', async (count: number) => {
  for (let made = 0; made < count; made++) await createTenant(database, acting, newTenantInput())
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: (user + system) / 1e6 })
})
process.send?.({})
