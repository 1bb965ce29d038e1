import { z } from 'zod'
import type { BatchOutcome } from '../../detection/engine/memory.ts'
import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { nullableText, type Reader, text, type Writer } from '../sql.ts'

const names = z.array(z.string())
const versions = z.record(z.string(), z.number())

/**
 * Notes detectors whose states were of a version that is to be rebuilt, in the commit that stores them upgraded: after it
 * nothing else tells.
 */
export async function noteOutdated(
  tx: Writer,
  tenantId: string,
  { streams }: Pick<BatchOutcome, 'streams'>,
): Promise<void> {
  const found = [...new Set(streams.flatMap(({ states }) => [...states.outdated]))]
  if (found.length === 0) return
  const { outdated } = await readOutdated(tx, tenantId)
  await tx.run('UPDATE "Claim" SET "outdated" = ? WHERE "tenantId" = ?', [
    JSON.stringify([...new Set([...outdated, ...found])]),
    tenantId,
  ])
}

export interface Outdated {
  outdated: string[]
  /** By detector. */
  rebuiltAs: Readonly<Record<string, number>>
}

export async function readOutdated(sql: Reader, tenantId: string): Promise<Outdated> {
  const [row] = await sql.all('SELECT "outdated", "rebuiltAs" FROM "Claim" WHERE "tenantId" = ?', [tenantId])
  const [outdated, rebuiltAs] = [nullableText(row?.['outdated']), nullableText(row?.['rebuiltAs'])]
  return {
    outdated: outdated === null ? [] : names.parse(JSON.parse(outdated)),
    rebuiltAs: rebuiltAs === null ? {} : versions.parse(JSON.parse(rebuiltAs)),
  }
}

/** Tenants with outdated states. */
export async function outdatedTenants({ sql }: Database, limit: number): Promise<string[]> {
  const rows = await sql.all(
    `SELECT c."tenantId" FROM "Claim" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."outdated" IS NOT NULL AND c."rebuilding" = ? AND ${SERVED}
     LIMIT ${limit}`,
    [false],
  )
  return rows.map((row) => text(row['tenantId']))
}

/** Its rebuild has begun, or none is needed. */
export async function clearOutdated(tx: Writer, tenantId: string): Promise<void> {
  await tx.run('UPDATE "Claim" SET "outdated" = NULL WHERE "tenantId" = ?', [tenantId])
}

/** States that the facts did not reach stay of their version, and are no reason to rebuild once more. */
export async function noteRebuilt(
  tx: Writer,
  tenantId: string,
  detectors: readonly { name: string; stateVersion: number }[],
): Promise<void> {
  const { rebuiltAs } = await readOutdated(tx, tenantId)
  const now = Object.fromEntries(detectors.map(({ name, stateVersion }) => [name, stateVersion]))
  await tx.run('UPDATE "Claim" SET "rebuiltAs" = ? WHERE "tenantId" = ?', [
    JSON.stringify({ ...rebuiltAs, ...now }),
    tenantId,
  ])
}
