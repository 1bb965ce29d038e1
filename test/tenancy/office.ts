import { expect } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import type { Acting } from '../../src/tenancy/acting.ts'
import { createTenant, type TenantCreated } from '../../src/tenancy/tenants.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { clock } from '../support/stepped-clock.ts'

export const vault = createVault('a secret for tests, longer than thirty-two characters')

/** An operator at work, with a clock that the test moves. */
export const acting: Acting = { actor: { kind: 'OPERATOR', name: 'operator' }, vault, clock }

export const STRIPE_SECRET = 'whsec_0123456789abcdefghijklmnop'

let made = 0

/** A tenant of its own for one test. */
export async function newTenant(database: Database, name = `Tenant ${++made}`) {
  const created = await createTenant(database, acting, { name, webhookSecret: STRIPE_SECRET })
  if (created.existing) throw new Error('the tenant was there already')
  const fresh: TenantCreated = created
  // What comes next is newer, so that lists have one order.
  clock.forward(1)
  return { ...fresh, id: fresh.tenant.id, scope: scopeTo(database, fresh.tenant.id) }
}

export const quiet = { warn: () => {} }

/** What was recorded of the tenant, in order. */
export const kindsOf = async ({ db }: Scope) =>
  (await db.activity.findMany({ orderBy: { seq: 'asc' } })).map(({ kind }) => kind)

export const bad = (issue: RegExp) =>
  expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(issue) })
export const notFound = expect.objectContaining({ code: 'NOT_FOUND' })
