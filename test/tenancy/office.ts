import { expect } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import type { Acting } from '../../src/tenancy/acting.ts'
import { createTenant, type TenantCreated } from '../../src/tenancy/tenants.ts'
import { createVault } from '../../src/tenancy/vault.ts'

/** A clock that stands until it is moved. */
export class SteppedClock {
  #now = new Date('2026-03-02T09:00:00.000Z')
  #steady = 0
  now(): Date {
    return new Date(this.#now)
  }
  steady(): number {
    return this.#steady
  }
  forward(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000)
    this.#steady += seconds * 1000
  }
  /** Somebody sets the wall clock: no time passes. */
  jump(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000)
  }
}

export const vault = createVault('a secret for tests, longer than thirty-two characters')

export const clock = new SteppedClock()

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
