import { expectTypeOf, it } from 'vitest'
import type { Scope, TenantClient } from '../../../src/storage/scope/scope.ts'

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
