import { memoryBus } from '../../src/bus/memory.ts'
import { readConfig } from '../../src/config.ts'
import { type ConnectInput, connect, prepare } from '../../src/connect/connect.ts'
import { type ImportStep, runImport } from '../../src/connect/import.ts'
import { Importer } from '../../src/connect/importer.ts'
import { leased } from '../../src/connect/leased.ts'
import { stripeMeans } from '../../src/connect/means.ts'
import { type Reconciled, reconcile } from '../../src/connect/reconcile.ts'
import { Reconciler } from '../../src/connect/reconciler.ts'
import { replaceKey } from '../../src/connect/replace-key.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { type Clock, systemClock } from '../../src/time.ts'
import { acting, makeTenant, vault } from '../support/graphql.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { LIVE_KEY } from './harness.ts'

/** A tenant whose account is the stand-in's, connected step by step. */
export async function steppedTenant(
  database: Database,
  { url: apiUrl }: StripeDouble,
  key = LIVE_KEY,
  clock: Clock = systemClock,
) {
  const tenant = await makeTenant(database)
  const { id, endpointId } = tenant
  const scope = scopeTo(database, id)
  const means = stripeMeans({ stripeApiUrl: apiUrl }, () => readConfig({}))
  const parts = { scope, means, vault, database, bus: memoryBus(), detectors: DETECTORS, clock }
  /** Connects, without an endpoint at Stripe unless it is asked for, and begins an import. */
  const begin = async (over: Partial<ConnectInput> = {}) => {
    const wanted = { key, makeEndpoint: false, historyDays: 0, ...over }
    const by = { ...acting, clock }
    return connect(scope, means, by, await prepare(scope, means, by, wanted))
  }
  const log = createLogger('silent')
  /** What goes round in a server, one look at a time. */
  const reconciler = (): Reconciler => new Reconciler({ ...parts, log, metrics: createMetrics(false) })
  const importer = (): Importer => new Importer({ ...parts, log })
  const replace = async (fresh: string): Promise<void> => {
    await replaceKey(scope, means, { ...acting, clock }, { id: (await connection()).id, key: fresh })
  }
  const connection = () => scope.db.stripeConnection.findFirstOrThrow({ where: { tenantId: id } })
  /** Imports until it is done, or broken off after a step. */
  const goOn = async ({ breakWhen = (_: ImportStep): boolean => false } = {}) => {
    const stopping = new AbortController()
    const onStep = (step: ImportStep) => {
      if (breakWhen(step)) stopping.abort(new Error('broken off'))
    }
    await runImport({ ...parts, signal: stopping.signal, onStep }, await connection())
  }
  /** Compares with Stripe now. */
  const compare = async (): Promise<Reconciled> => {
    const compared = await leased(parts, await connection(), (fresh) => reconcile(parts, fresh))
    if (compared === undefined) throw new Error('somebody else works on it')
    return compared.result
  }
  return {
    id,
    key: tenant.key,
    endpoint: { id: endpointId },
    scope,
    begin,
    goOn,
    compare,
    replace,
    reconciler,
    importer,
    connection,
  }
}

export type SteppedTenant = Awaited<ReturnType<typeof steppedTenant>>
