import { describe, expect } from 'vitest'
import { rotateToken } from '../../src/tenancy/endpoints.ts'
import { testDatabase } from '../support/database.ts'
import { acting, vault } from '../support/graphql.ts'
import { invalid, Refusal } from '../support/stripe-api/refusal.ts'
import { onOneEngine, PATIENT, stripe } from './harness.ts'
import { steppedTenant } from './steps.ts'

const database = await testDatabase()

/** The answer to a creation at Stripe never came: there is an endpoint, and nobody knows its secret. */
async function brokenOff() {
  const account = await stripe()
  const tenant = await steppedTenant(database, account)
  let first = true
  account.trouble = ({ method, path }) => {
    if (method !== 'POST' || path !== '/v1/webhook_endpoints') return undefined
    if (!first) return invalid('It breaks here.')
    first = false
    return { drop: 'after' }
  }
  await expect(tenant.begin({ makeEndpoint: true })).rejects.toThrow('It breaks here.')
  account.trouble = () => undefined
  expect(account.endpoints.all).toHaveLength(1)
  const { creating } = await tenant.connection()
  expect(creating).not.toBeNull()
  /** There is one, which the connection has, and whose secret is known. */
  const expectOne = async (): Promise<void> => {
    const [endpoint, ...more] = account.endpoints.all
    expect(more).toEqual([])
    expect(await tenant.connection()).toMatchObject({ stripeEndpointId: endpoint?.id, creating: null })
    const { db, tenantId } = tenant.scope
    const secrets = await db.webhookSecret.findMany({ where: { tenantId } })
    expect(secrets.map(({ hint }) => hint)).toContain(`whsec_…${endpoint?.secret.slice(-4)}`)
  }
  return { account, creating, expectOne, ...tenant }
}

describe('a creation at Stripe whose answer was lost leaves one endpoint with a known secret', {
  timeout: PATIENT,
}, () => {
  onOneEngine('when the address has changed since, so that Stripe refuses to repeat it', async () => {
    const { begin, scope, expectOne } = await brokenOff()
    await rotateToken(scope, { ...acting, vault })
    await begin({ makeEndpoint: true })
    await expectOne()
  })

  onOneEngine('when Stripe no longer knows the key that it was sent with', async () => {
    const { account, begin, expectOne } = await brokenOff()
    account.forgetIdempotencyKeys()
    await begin({ makeEndpoint: true })
    await expectOne()
  })

  onOneEngine('when a person has deleted the endpoint meanwhile', async () => {
    const { account, begin, expectOne } = await brokenOff()
    account.endpoints.remove(account.endpoints.all[0]?.id ?? '')
    await begin({ makeEndpoint: true })
    await expectOne()
  })

  onOneEngine('when Stripe goes on answering with the error that it had at first', async () => {
    const { account, creating, begin, expectOne } = await brokenOff()
    account.trouble = ({ idempotencyKey }) =>
      idempotencyKey === creating
        ? new Refusal(500, { type: 'api_error', message: 'An error.' }, { 'retry-after': '0' })
        : undefined
    await begin({ makeEndpoint: true })
    await expectOne()
  })
})
