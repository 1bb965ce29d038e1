import { expect, expectTypeOf, it } from 'vitest'
import type { SystemClient } from '../../../src/storage/database.ts'
import { tenantIds } from '../../../src/storage/retention.ts'
import type { Scope, TenantClient } from '../../../src/storage/scope/scope.ts'
import type { SystemSql } from '../../../src/storage/sql.ts'

// Checked by the compiler (`npm run typecheck`): reaching past the tenant is no runtime error, it does not compile.

it('has no way past its models in its type', () => {
  type Names = Extract<keyof TenantClient, `$${string}`>
  expectTypeOf<Names>().toBeNever()
  expectTypeOf<TenantClient>().not.toHaveProperty('$queryRaw')
  expectTypeOf<TenantClient>().not.toHaveProperty('$transaction')
  expectTypeOf<TenantClient>().not.toHaveProperty('$extends')
})

it('gives a transaction the same bound client', () => {
  expectTypeOf<Parameters<Parameters<Scope['transaction']>[0]>[0]>().toEqualTypeOf<TenantClient>()
})

it("keeps Prisma's types of results", () => {
  const titles = (db: TenantClient) => db.anomaly.findMany({ select: { title: true } })
  expectTypeOf<Awaited<ReturnType<typeof titles>>>().toEqualTypeOf<{ title: string }[]>()
})

it('is not taken where somebody demands to see every tenant', () => {
  expectTypeOf<TenantClient>().not.toExtend<SystemClient>()
  expectTypeOf<Scope['sql']>().not.toExtend<SystemSql>()
  // Never called: each of these is refused by the compiler, or tsc reports that nothing was.
  const mistakes = [
    // @ts-expect-error it lists every tenant
    (scope: Scope) => tenantIds(scope.sql),
    // @ts-expect-error it enters another tenant
    (scope: Scope) => scope.sql.write((tx) => tx.enter('ten_another')),
    // @ts-expect-error its client has no raw statements
    (scope: Scope) => scope.db.$queryRaw`SELECT 1`,
  ]
  expect(mistakes).toHaveLength(3)
})
