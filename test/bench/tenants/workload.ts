import { randomUUID } from 'node:crypto'

/** The operator's key of the servers. */
export const ADMIN_KEY = 'bw_admin_for_the_bench_0123456789abcdef'

/** From which their keys are made. */
export const SECRET = 'a secret of the bench, long enough'

/** A tenant as an operator's own systems would make it: with everything that can be given. */
export const newTenantInput = () => ({
  name: 'A tenant of the bench',
  externalId: randomUUID(),
  webhookSecret: 'whsec_of_the_bench_0123456789',
  timezone: 'Europe/Berlin',
  country: 'DE',
})
