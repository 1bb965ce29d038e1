import { closeSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { randomBase62 } from '../../ids.ts'
import { DatabaseError } from '../database.ts'
import { makePrivateFile } from '../private-files.ts'
import { BUSY_WAIT, naming, prepareReader, whenFree } from './connection.ts'
import { type Connection, Driver } from './driver.ts'
import { pathOf } from './path.ts'

export interface Backup {
  /** Its whole path. */
  file: string
  bytes: number
  tenants: number
  events: number
}

/**
 * Copies a database as it is at one moment, while servers go on with it. The copy appears under its name when it is
 * whole, checked and on the disk; no other user can read it, and no file is replaced.
 * @throws DatabaseError that names the file that is in the way, missing or damaged
 */
export async function backupSqlite(databaseUrl: string, target: string): Promise<Backup> {
  const [path, file] = [pathOf(databaseUrl), resolve(target)]
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new DatabaseError(`there is no database at ${path}`)
  if (statSync(file, { throwIfNoEntry: false })) throw taken(file)
  const draft = `${file}.${randomBase62(8)}`
  makeDraft(draft)
  try {
    await naming(path, () => copyInto(path, draft))
    const counts = await naming(draft, () => inspect(draft))
    flush(draft)
    publish(draft, file)
    return { file, bytes: statSync(file).size, ...counts }
  } finally {
    rmSync(draft, { force: true })
  }
}

const taken = (file: string): DatabaseError =>
  new DatabaseError(`${file} is there already, and a backup replaces nothing: give it another name`)

function makeDraft(draft: string): void {
  try {
    makePrivateFile(draft)
  } catch (error) {
    throw new DatabaseError(`cannot write to ${dirname(draft)}: ${reasonOf(error)}`, { cause: error })
  }
}

async function copyInto(path: string, draft: string): Promise<void> {
  const source = new Driver(path, { timeout: BUSY_WAIT, readonly: true })
  try {
    // An empty file that is there already is filled, and keeps its mode.
    await whenFree(() => source.prepare('VACUUM INTO ?').run(draft))
  } finally {
    source.close()
  }
}

/** @throws Error when pages are damaged, or it is nothing of ours */
async function inspect(draft: string): Promise<Pick<Backup, 'tenants' | 'events'>> {
  const copy = new Driver(draft, { readonly: true })
  try {
    prepareReader(copy)
    const verdict = copy.pragma('quick_check(1)', { simple: true })
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${String(verdict)}`)
    return { tenants: countOf(copy, 'Tenant'), events: countOf(copy, 'StripeEvent') }
  } finally {
    copy.close()
  }
}

const countOf = (connection: Connection, table: string): number =>
  Number(connection.prepare(`SELECT COUNT(*) FROM "${table}"`).pluck().get())

/** A file and its name are two things that a power cut can take. */
function flush(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** By a second name, which never replaces what has come there meanwhile. */
function publish(draft: string, file: string): void {
  try {
    linkSync(draft, file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw taken(file)
    throw new DatabaseError(`cannot write ${file}: ${reasonOf(error)}`, { cause: error })
  }
  flush(dirname(file))
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
