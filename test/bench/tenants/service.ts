import { openDatabase } from '../../../src/storage/open.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { answerUsage } from '../serving.ts'
import { newTenantInput, SECRET } from './workload.ts'

/** Creates as many tenants as each message says, and answers with the CPU seconds used so far. */
const [, , databaseUrl = ''] = process.argv

const database = await openDatabase({ databaseUrl })
const vault = createVault(SECRET)
const acting = { actor: { kind: 'OPERATOR', name: 'bench' } as const, vault, clock: systemClock }

answerUsage(async (count) => {
  for (let made = 0; made < Number(count); made++) await createTenant(database, acting, newTenantInput())
})
process.send?.({})
