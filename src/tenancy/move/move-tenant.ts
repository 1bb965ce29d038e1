import { setTimeout as sleep } from 'node:timers/promises'
import { PublicError } from '../../errors.ts'
import { Checksum, pagesOf, sameTable, type TenantTable, writePage } from '../../storage/copy/rows.ts'
import { writeTenantRow } from '../../storage/copy/tenant-row.ts'
import type { Database } from '../../storage/database.ts'
import { clearMoving, isLeased, markMovingOut, movingOf } from '../../storage/moving.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import type { Value } from '../../storage/sql.ts'
import { TENANT_TABLES } from '../../storage/tenant-tables.ts'
import type { WallClock } from '../../time.ts'
import { deleteTenant } from '../tenants.ts'
import type { Vault } from '../vault.ts'
import { SEALED_COLUMNS } from './sealed-columns.ts'

export interface Move {
  from: Database
  to: Database
  /** Both left out: the target has the secret of the source, and what is sealed goes as it is. */
  vaults?: { from: Vault; to: Vault } | undefined
  clock: WallClock
  /** Called with the rows that were copied or checked so far. */
  progress?: (rows: number) => void
  /** Called between two pages; may throw. */
  check?: () => void
  /** Milliseconds that whoever does not write by transactions of acts or events has to end. */
  settleMs?: number
}

/** Rows of the tenant, all of them compared; undefined: an earlier run had moved it. */
export type Moved = number | undefined

/** Milliseconds that alerts and imports under way are waited for. */
const LEASES_WITHIN = 120_000

/**
 * Copies a tenant with all it has into another database, and opens it there once every row was compared. From the beginning
 * it is read-only at the source, and stays so: delete it there when its URLs lead to the target. Broken off, it is called
 * again.
 * @throws PublicError NOT_FOUND; CONFLICT when the target has another state of it, or a row of the target is in the way
 */
export async function moveTenant(move: Move, tenantId: string): Promise<Moved> {
  const { from, to, clock } = move
  const [here, there] = [await movingOf(from.sql, tenantId), await movingOf(to.sql, tenantId)]
  if (here === undefined) throw new PublicError('NOT_FOUND', `there is no tenant ${tenantId}`)
  if (here === 'IN') throw conflict(tenantId, 'is only arriving in the database that it would be copied from')
  if (here === 'OUT' && there === null) return undefined
  if (there !== undefined && there !== 'IN')
    throw conflict(tenantId, 'is in the target database already: delete it there first')
  await markMovingOut(from, tenantId)
  await sleep(move.settleMs ?? 1_500)
  await leasesEnded(from, tenantId, clock)
  await writeTenantRow(from, to, tenantId)
  let rows = 1
  const counted = { ...move, progress: (done: number) => move.progress?.(rows + done) }
  for (const table of [...TENANT_TABLES].reverse()) rows += await copyTable(counted, tenantId, table)
  await clearMoving(to.sqlFor('maintenance'), tenantId)
  return rows
}

/**
 * Takes a move back that is not complete: what has arrived is erased, and the source is written to again.
 * @throws PublicError CONFLICT when the tenant lives at the target by now
 */
export async function cancelMove({ from, to, clock }: Move, tenantId: string): Promise<void> {
  const [here, there] = [await movingOf(from.sql, tenantId), await movingOf(to.sql, tenantId)]
  if (here !== 'OUT') throw conflict(tenantId, 'is not being moved')
  if (there === null)
    throw conflict(tenantId, 'was moved, and lives in the target database: delete it there first')
  if (there === 'IN') await deleteTenant(to, { clock }, tenantId)
  await clearMoving(from.sqlFor('maintenance'), tenantId)
}

const conflict = (tenantId: string, what: string): PublicError =>
  new PublicError('CONFLICT', `the tenant ${tenantId} ${what}`)

async function leasesEnded(from: Database, tenantId: string, clock: WallClock): Promise<void> {
  const { sql } = scopeTo(from, tenantId)
  const deadline = clock.now().getTime() + LEASES_WITHIN
  while (await isLeased(sql, tenantId, clock.now())) {
    if (clock.now().getTime() > deadline)
      throw conflict(tenantId, 'has an import or a rebuild under way: run this again when that has ended')
    await sleep(500)
  }
}

/** @returns the number of its rows */
async function copyTable(
  move: Move,
  tenantId: string,
  table: readonly [string, ...string[]],
): Promise<number> {
  const { source, target } = await sameTable(move.from, move.to, tenantId, table)
  const sealing = sealingOf(move, target)
  const [read, arrived] = [new Checksum(), new Checksum()]
  for await (const page of pagesOf(source)) {
    move.check?.()
    const plain = page.map((row) => sealing.open(row))
    await writePage(target, plain.map(sealing.seal)).catch((error: unknown) => {
      throw conflict(tenantId, `cannot be copied: ${table[0]}: ${reasonOf(error)}`)
    })
    for (const row of plain) read.add(row)
    move.progress?.(read.rows)
  }
  for await (const page of pagesOf(target)) {
    move.check?.()
    for (const row of page) arrived.add(sealing.verify(row))
  }
  if (!read.equals(arrived))
    throw conflict(
      tenantId,
      `differs in ${table[0]} after copying (${read.rows} rows here, ${arrived.rows} there): run it again, or --cancel`,
    )
  return read.rows
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface Sealing {
  /** A row of the source with what was sealed in plain. */
  open(row: readonly Value[]): Value[]
  /** The same as it is stored at the target. */
  seal(row: readonly Value[]): Value[]
  /** A row of the target with what was sealed in plain. */
  verify(row: readonly Value[]): Value[]
}

/** Where both have one secret nothing is opened: what is sealed is compared as it is. */
function sealingOf({ vaults }: Move, { table, columns, tenantId }: TenantTable): Sealing {
  const names = [...columns.keys()]
  const sealed = SEALED_COLUMNS[table] ?? {}
  const each =
    (change: (text: string, place: Parameters<Vault['open']>[1]) => string) =>
    (row: readonly Value[]): Value[] =>
      row.map((value, at) => {
        const purpose = sealed[names[at] ?? '']
        if (vaults === undefined || purpose === undefined || typeof value !== 'string') return value
        return change(value, { tenantId, id: String(row[names.indexOf('id')]), purpose })
      })
  return {
    open: each((text, place) => vaults?.from.open(text, place) ?? text),
    seal: each((text, place) => vaults?.to.seal(text, place) ?? text),
    verify: each((text, place) => vaults?.to.open(text, place) ?? text),
  }
}
