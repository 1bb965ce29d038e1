/** One mistake that somebody might make in what keeps tenants apart, and the tests that have to notice. */
export interface Mutant {
  /** What is lost by it. */
  name: string
  file: string
  /** Stands in the file exactly once. */
  find: string
  replace: string
  /** `types`: the compiler notices, in the file itself or in a test that is only compiled. */
  by: 'plain' | 'sqlite' | 'postgresql' | 'types'
  tests: readonly string[]
  /** Tried on every run of CI: few, and none by `types`, for which all is compiled twice. */
  sample?: true
}

const mutantsOf =
  (file: string, by: Mutant['by'], ...tests: string[]) =>
  (name: string, find: string, replace: string, sample?: true): Mutant => ({
    name,
    file,
    find,
    replace,
    by,
    tests,
    ...(sample && { sample }),
  })

const bind = mutantsOf('src/storage/scope/bind.ts', 'plain', 'test/storage/scope/bind.test.ts')
const binder = mutantsOf('src/storage/scope/binder.ts', 'plain', 'test/storage/scope/bind.test.ts')
const types = mutantsOf('src/storage/scope/bind.ts', 'types', 'test/storage/scope/scope.test.ts')
const reading = mutantsOf('src/storage/reading.ts', 'plain', 'test/storage/reading.test.ts')
const conditions = mutantsOf('src/storage/anomaly-conditions.ts', 'plain', 'test/storage/reading.test.ts')
const context = 'src/graphql/context.ts'
const reach = (name: string, file: string, find: string, replace: string): Mutant =>
  mutantsOf(file, 'types', 'test/graphql/reach.db.test.ts')(name, find, replace)
const given = mutantsOf(context, 'sqlite', 'test/graphql/reach.db.test.ts')

/** The first wall: the client that is bound. Its tests have no database below it. */
const FIRST = [
  bind(
    'reads are not bound',
    "  where: binder.where(args['where']),\n  ...(args['cursor']",
    "  where: args['where'],\n  ...(args['cursor']",
    true,
  ),
  bind(
    'a cursor may stand in another feed',
    "{ cursor: binder.ownKey(args['cursor'], 'cursor') }",
    "{ cursor: args['cursor'] }",
  ),
  bind('findUnique is not bound', "where: binder.flatWhere(args['where'])", "where: args['where']"),
  bind('createMany is not bound', "data: binder.createMany(args['data'])", "data: args['data']"),
  bind(
    'update finds any row',
    "  where: binder.uniqueWhere(args['where']),\n  data",
    "  where: args['where'],\n  data",
  ),
  bind(
    'update may write anything',
    "  where: binder.uniqueWhere(args['where']),\n  data: binder.change(args['data']),",
    "  where: binder.uniqueWhere(args['where']),\n  data: args['data'],",
  ),
  bind(
    'updateMany changes all',
    "  where: binder.where(args['where']),\n  data",
    "  where: args['where'],\n  data",
  ),
  bind(
    'updateMany may write anything',
    "  where: binder.where(args['where']),\n  data: binder.change(args['data']),",
    "  where: binder.where(args['where']),\n  data: args['data'],",
  ),
  bind('upsert finds any row', "where: binder.ownKey(args['where'], 'where')", "where: args['where']"),
  bind('upsert creates for anybody', "create: binder.create(args['create'])", "create: args['create']"),
  bind('upsert may write anything', "update: binder.change(args['update'])", "update: args['update']"),
  bind('delete finds any row', "({ ...args, where: binder.uniqueWhere(args['where']) })", '({ ...args })'),
  bind('deleteMany deletes all', "({ ...args, where: binder.where(args['where']) })", '({ ...args })'),
  bind(
    'findUnique calls of many tenants are merged',
    'Reflect.get(target, INSTEAD.get(name) ?? name)',
    'Reflect.get(target, name)',
  ),
  bind('raw statements are within reach', '/^[$_]/.test(name)', 'false'),
  bind(
    'unknown operations are let through',
    "if (typeof name !== 'string' || !rewrite) return undefined",
    "if (typeof name !== 'string' || !rewrite) return Reflect.get(target, name)",
  ),
  bind('a place inside a relation is taken', "        binder.selection(args['include'])\n", ''),
  bind('a place inside a selection is taken', "        binder.selection(args['select'])\n", ''),
  bind(
    'the wall below is not told',
    'return inTenant(tenantId, async () => await Reflect.apply(method, target, [bound]))',
    'return await Reflect.apply(method, target, [bound])',
  ),
  binder(
    'a condition replaces the tenant',
    "return { AND: [this.#own, fieldsOf(where, 'where')] }",
    "return { ...this.#own, ...fieldsOf(where, 'where') }",
  ),
  binder(
    'a condition widens the tenant',
    "return { AND: [this.#own, fieldsOf(where, 'where')] }",
    "return { OR: [this.#own, fieldsOf(where, 'where')] }",
  ),
  binder(
    'an absent key is any row',
    "if (parts.length === 0) throw this.#refusal('a unique key is missing')",
    '',
  ),
  binder('half a key is any row', 'if (Object.values(key).includes(undefined)) throw', 'if (false) throw'),
  binder('one name of the tenant excuses another', 'named.every((tenant)', 'named.some((tenant)'),
  binder('a key need not name the tenant', 'named.length > 0 && ', ''),
  binder('writes go through relations', 'if (!isColumnValue(value)) throw', 'if (false) throw'),
  binder('rows are moved', 'if (named !== undefined && named !== this.tenantId) throw', 'if (false) throw'),
  binder(
    'rows are made without their tenant',
    'return { ...this.change(data), ...this.#own }',
    'return { ...this.change(data) }',
  ),
  binder('tenants are made by tenants', "if (this.model === 'tenant') throw", 'if (false) throw'),
  binder(
    'only the first of many is bound',
    'data.map((row: unknown) => this.create(row))',
    'data.map((row: unknown, at) => (at ? row : this.create(row)))',
  ),
  types(
    'raw statements compile',
    "Omit<PrismaClient, '$transaction' | '$extends' | `$${string}`>",
    'PrismaClient',
  ),
  reading(
    'pages are of all tenants',
    "[compare(owner, '=', tenantId), ...where]",
    "[compare(owner, '<>', tenantId), ...where]",
    true,
  ),
  conditions(
    "an event is a sign of another tenant's anomaly",
    'FROM "AnomalyEvent" WHERE "tenantId" = ? AND "anomalyId" = ?',
    'FROM "AnomalyEvent" WHERE "tenantId" <> ? AND "anomalyId" = ?',
  ),
  conditions(
    "an anomaly is related to another tenant's",
    'UNION SELECT "anomalyId" FROM "AnomalyCause" WHERE "tenantId" = ?',
    'UNION SELECT "anomalyId" FROM "AnomalyCause" WHERE "tenantId" <> ?',
  ),
  conditions(
    'the first of each status are those of another tenant',
    'FROM "Anomaly"\n    WHERE "tenantId" = ?',
    'FROM "Anomaly"\n    WHERE "tenantId" <> ?',
  ),
  reach(
    'somebody new reaches across tenants',
    'src/anomalies/pages.ts',
    'export const ORDER_FIELDS',
    "import { tenantIds } from '../storage/retention.ts'\nimport type { Sql } from '../storage/sql.ts'\n\nexport const everybody = (sql: Sql) => tenantIds(sql)\n\nexport const ORDER_FIELDS",
  ),
  reach(
    "a tenant's field asks for the operator",
    'src/graphql/types/tenants.ts',
    't.authField({\n    type: TenantConnection',
    't.field({\n    type: TenantConnection',
  ),
  reach(
    'every context has the operator',
    context,
    '  services: Services\n}\n',
    '  services: Services\n  operator: Operator\n}\n',
  ),
  reach(
    'services lead to the database',
    context,
    "  metrics: Pick<Metrics, 'subscriptions'>\n",
    "  metrics: Pick<Metrics, 'subscriptions'>\n  database: Database\n",
  ),
  reach(
    'services say where the database is',
    context,
    "Pick<Config, 'publicUrl' | 'port' | 'webhookRateLimit'>",
    'Config',
  ),
  reach(
    'a tenant enters another',
    'src/storage/sql.ts',
    '  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>\n',
    '  write<T>(work: (tx: SystemWriter) => Promise<T>): Promise<T>\n',
  ),
  given('every request has the operator', 'return operator ? { ...context', 'return context ? { ...context'),
  given("a row's tenant is within reach", 'if (operator) return reach', 'if (tenantId) return reach'),
]

const bound = 'test/storage/scope/scope.db.test.ts'
const walls = 'test/storage/walls.db.test.ts'
const scope = mutantsOf('src/storage/scope/scope.ts', 'sqlite', bound)
const tripwire = mutantsOf('src/storage/sqlite/tripwire.ts', 'sqlite', walls)
const adapter = mutantsOf('src/storage/sqlite/adapter.ts', 'sqlite', walls)
const raw = mutantsOf('src/storage/sqlite/sql.ts', 'sqlite', walls)

/** The second wall on SQLite, tried with the first one left out; and what tells it whose a statement is. */
const SECOND = [
  scope(
    'raw reads run as the system',
    'inTenant(tenantId, () => sql.all(text, values))',
    'sql.all(text, values)',
  ),
  scope(
    'pages are read as the system',
    'inTenant(tenantId, () => sql.tuples(text, values))',
    'sql.tuples(text, values)',
  ),
  scope(
    'raw writes run as the system',
    'inTenant(tenantId, () => sql.write((tx) => work(boundWriter(tx))))',
    'sql.write((tx) => work(boundWriter(tx)))',
  ),
  scope('a scope enters another tenant', 'work(boundWriter(tx))', 'work(tx)'),
  scope('a transaction is not bound', 'work(bindToTenant(tx, tenantId))', 'work(tx)'),
  mutantsOf('src/storage/current-tenant.ts', 'sqlite', walls)(
    'nobody is told whose a statement is',
    'storage.run(tenantId, work)',
    'work()',
  ),
  tripwire(
    'any statement passes',
    'if (tenantId === undefined || values.includes(tenantId)) return',
    'if (tenantId !== undefined || values) return',
    true,
  ),
  tripwire('any row passes', 'if (rows.every((row) => row[at] === tenantId)) return', 'if (rows) return'),
  tripwire('one good row excuses the others', 'rows.every((row)', 'rows.some((row)'),
  adapter(
    'reads by Prisma pass',
    '      checkTenant(currentTenant(), query.args, query.sql)\n      return reads',
    '      return reads',
  ),
  adapter(
    'a transaction by Prisma passes',
    '    queryRaw: async (query) => {\n      checkTenant(tenantId, query.args, query.sql)\n',
    '    queryRaw: async (query) => {\n',
  ),
  raw('raw reads pass', '      checkTenant(currentTenant(), values, text)\n', ''),
  raw('raw writes pass', '    checkTenant(this.tenantId, values, text)\n', ''),
  raw(
    'rows that are inserted pass',
    '    checkRows(this.tenantId, statement.table, statement.columns, rows)\n',
    '',
  ),
]

const session = mutantsOf(
  'src/storage/postgres/session.ts',
  'postgresql',
  walls,
  'test/storage/session.db.test.ts',
)
const rls = mutantsOf(
  'prisma/postgresql/migrations/20260301000100_row_level_security/migration.sql',
  'postgresql',
  walls,
)

/** The second wall on PostgreSQL: row-level security, tried with the first one left out. */
const SECURITY = [
  session('a tenant has the role of the system', '{app}; SELECT', '{system}; SELECT'),
  session('no tenant is set', 'pg.escapeLiteral(tenantId)}, true)`', "pg.escapeLiteral('')}, true)`"),
  session('the tenant stays on the connection', '(tenantId)}, true)', '(tenantId)}, false)'),
  session('the role stays on the connection', ': `SET LOCAL ROLE', ': `SET ROLE'),
  mutantsOf('src/storage/postgres/adapter.ts', 'postgresql', bound)(
    'statements by Prisma run as the system',
    'inSession(pool, currentTenant(), (client)',
    'inSession(pool, undefined, (client)',
  ),
  mutantsOf('src/storage/postgres/adapter.ts', 'postgresql', walls)(
    'transactions by Prisma run as the system',
    'beginSession(pool, currentTenant(), { isolation })',
    'beginSession(pool, undefined, { isolation })',
  ),
  mutantsOf('src/storage/postgres/sql.ts', 'postgresql', walls)(
    'raw reads run as the system',
    'inSession(pool, currentTenant(), (client) => read',
    'inSession(pool, undefined, (client) => read',
  ),
  mutantsOf('src/storage/postgres/sql.ts', 'postgresql', walls)(
    'a tenant is entered in name only',
    '    else await ask(connection, timed({ text: wall(this.roles, tenantId) }, answerWithin(connection.limits)))\n',
    '',
  ),
  mutantsOf('src/storage/postgres/sql.ts', 'postgresql', walls)(
    'another tenant is entered in name only',
    '    if (isWithin) await query(connection, OTHER_TENANT, [tenantId])\n    else await ask',
    '    if (!isWithin) await ask',
  ),
  rls(
    'one table has no policy of its own',
    'ON "Anomaly" TO billingwatch_app USING ("tenantId" = (SELECT current_setting(\'app.tenant_id\', true)))',
    'ON "Anomaly" TO billingwatch_app USING (true)',
  ),
  rls('one table is not protected', 'ALTER TABLE "MetricBucket" ENABLE ROW LEVEL SECURITY;\n', '', true),
  rls(
    'former tokens are for everybody',
    'ON "FormerToken" TO billingwatch_app USING ("tenantId" = (SELECT current_setting(\'app.tenant_id\', true)))',
    'ON "FormerToken" TO billingwatch_app USING (true)',
  ),
  rls("one table's owner is let through", 'ALTER TABLE "Claim" FORCE ROW LEVEL SECURITY;\n', ''),
  rls(
    'a tenant rewrites its feed',
    'GRANT SELECT, INSERT, DELETE ON "Activity" TO billingwatch_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "Activity" TO billingwatch_app',
  ),
]

/** The third: keys that a reference to another tenant's row cannot satisfy, whatever let it through. */
const KEYS = (['sqlite', 'postgresql'] as const).map((engine) =>
  engine === 'sqlite'
    ? mutantsOf(`prisma/sqlite/migrations/20260301000000_initial/migration.sql`, engine, bound)(
        "an anomaly may show another tenant's event",
        'FOREIGN KEY ("tenantId", "stripeId") REFERENCES "StripeEvent" ("tenantId", "stripeId") ON DELETE RESTRICT ON UPDATE CASCADE',
        'CHECK ("stripeId" <> \'\')',
      )
    : mutantsOf(`prisma/postgresql/migrations/20260301000000_initial/migration.sql`, engine, bound)(
        "an anomaly may show another tenant's event",
        'ADD CONSTRAINT "AnomalyEvent_tenantId_stripeId_fkey" FOREIGN KEY ("tenantId", "stripeId") REFERENCES "StripeEvent"("tenantId", "stripeId") ON DELETE RESTRICT ON UPDATE CASCADE',
        'ADD CONSTRAINT "AnomalyEvent_tenantId_stripeId_fkey" CHECK ("stripeId" <> \'\')',
      ),
)

const ids = mutantsOf(
  'src/ids.ts',
  'sqlite',
  'test/graphql/isolation.db.test.ts',
  'test/adversary/cursors.db.test.ts',
)
const cursors = mutantsOf(
  'src/graphql/read/cursor.ts',
  'sqlite',
  'test/graphql/isolation.db.test.ts',
  'test/adversary/cursors.db.test.ts',
)

/** What comes from outside and names a tenant: it must read as absent. */
const OUTSIDE = [
  ids(
    "another tenant's id reads as one's own",
    'if (!decoded.startsWith(owner)) return undefined\n  const key = decoded.slice(owner.length)\n  return composeId(prefix, tenantId, key) === id ? key : undefined',
    "return decoded.slice(decoded.indexOf(':') + 1)",
  ),
  cursors('a cursor is good for everybody', '{owner}\\n$', "{owner && ''}\\n$"),
  mutantsOf('src/tenancy/authenticate.ts', 'sqlite', 'test/adversary/smuggling.db.test.ts')(
    'x-tenant-id chooses',
    'if (named !== undefined && named !== caller.tenantId) {',
    "if (named !== undefined && named !== caller.tenantId) {\n      if (named.startsWith('ten_')) return { ...caller, tenantId: named }",
  ),
]

export const MUTANTS: readonly Mutant[] = [...FIRST, ...SECOND, ...SECURITY, ...KEYS, ...OUTSIDE]
