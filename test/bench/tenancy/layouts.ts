import type pg from 'pg'
import type { Roles } from '../../../src/storage/postgres/roles.ts'

/** Where the rows of tenants stand: all in the same tables, or each tenant's in tables of its own. */
export interface Layout {
  name: string
  /** Makes room for a tenant, in a migrated database of these tables. */
  make(client: pg.Client, tenant: number, tables: readonly string[]): Promise<void>
  /** The statements by which a transaction means one tenant's rows. */
  enter(tenant: number, roles: Roles): string
  /** The schemas that a migration changes, a transaction for each. */
  schemas(tenants: number): readonly string[]
}

export const tenantIdOf = (tenant: number): string => `ten_${String(tenant).padStart(6, '0')}`

/** As the product has it: every table leads with `tenantId`, and policies hold a transaction to one tenant. */
export const rowLevel: Layout = {
  name: 'rows',
  make: async () => {},
  enter: (tenant, { app }) =>
    `SET LOCAL ROLE ${app}; SELECT set_config('app.tenant_id', '${tenantIdOf(tenant)}', true)`,
  schemas: () => ['public'],
}

const schemaOf = (tenant: number): string => `tenant_${tenant}`

/** The same tables and indexes in a schema for each tenant; `LIKE` copies no foreign keys. */
export const schemaEach: Layout = {
  name: 'schemas',
  make: async (client, tenant, tables) => {
    const own = tables.map(
      (name) => `CREATE TABLE ${schemaOf(tenant)}."${name}" (LIKE public."${name}" INCLUDING ALL)`,
    )
    await client.query(['BEGIN', `CREATE SCHEMA ${schemaOf(tenant)}`, ...own, 'COMMIT'].join('; '))
  },
  enter: (tenant) => `SET LOCAL search_path = ${schemaOf(tenant)}`,
  schemas: (tenants) => Array.from({ length: tenants }, (_, tenant) => schemaOf(tenant)),
}
