import type { Database } from '../storage/database.ts'
import type { WallClock } from '../time.ts'
import type { Caller } from './caller.ts'

/** Why an open socket has to close. `expired`: an access token's time is over, so a new one helps; the others are final. */
export type CutOff = 'revoked' | 'suspended' | 'deleted' | 'expired'

interface Watcher {
  caller: Caller
  onCutOff: (reason: CutOff) => void
  /** When it began to watch. */
  since: Date
  timer: NodeJS.Timeout | undefined
}

/** A little under the second within which the contract promises the cut, to leave time for the query. */
const EVERY_MS = 700
/** Both engines are slow with, or refuse, very long lists. */
const CHUNK = 500

/** Watches the credentials of open sockets: one poll for all of them, whichever process revoked or suspended. */
export class CredentialsWatch {
  readonly #database: Database
  readonly #clock: WallClock
  readonly #log: { warn(fields: object, message: string): void }
  readonly #watchers = new Set<Watcher>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: {
    database: Database
    clock: WallClock
    log: { warn(fields: object, message: string): void }
  }) {
    this.#database = parts.database
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /**
   * Calls `onCutOff` once, when the caller's credentials are not good any more.
   * @returns stops watching
   */
  watch(caller: Caller, onCutOff: (reason: CutOff) => void): () => void {
    const watcher: Watcher = { caller, onCutOff, since: this.#clock.now(), timer: undefined }
    this.#watchers.add(watcher)
    if (caller.expiresAt) {
      const left = caller.expiresAt.getTime() - watcher.since.getTime()
      watcher.timer = setTimeout(() => this.#cut(watcher, 'expired'), Math.max(0, left)).unref()
    }
    this.#schedule()
    return () => this.#forget(watcher)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const watcher of [...this.#watchers]) this.#forget(watcher)
  }

  #schedule(): void {
    if (this.#closed || this.#timer || this.#watchers.size === 0) return
    this.#timer = setTimeout(async () => {
      try {
        await this.#poll()
      } catch (error) {
        // Without its database nobody gets anything new either; the next poll follows.
        this.#log.warn({ err: error }, 'could not check the credentials of open sockets')
      }
      this.#timer = undefined
      this.#schedule()
    }, EVERY_MS).unref()
  }

  async #poll(): Promise<void> {
    const asked = [...this.#watchers]
    const tenants = await this.#tenants(asked)
    const keys = await this.#keys(asked)
    const ended = await this.#endedSessions(asked)
    for (const watcher of asked) {
      const { tenantId, keyId, sessionId } = watcher.caller
      if (sessionId !== undefined && ended.has(sessionId)) this.#cut(watcher, 'revoked')
      if (tenantId === undefined) continue
      const tenant = tenants.get(tenantId)
      if (!tenant || tenant.deletedAt) this.#cut(watcher, 'deleted')
      else if (tenant.suspendedAt && shutsOut(tenant.suspendedAt, watcher)) this.#cut(watcher, 'suspended')
      else if (keyId !== undefined && !keys.has(keyId)) this.#cut(watcher, 'revoked')
    }
  }

  async #tenants(watchers: readonly Watcher[]) {
    const found = new Map<string, { suspendedAt: Date | null; deletedAt: Date | null }>()
    for (const ids of chunks(watchers.map(({ caller }) => caller.tenantId))) {
      const rows = await this.#database.prisma.tenant.findMany({
        where: { id: { in: ids } },
        select: { id: true, suspendedAt: true, deletedAt: true },
      })
      for (const row of rows) found.set(row.id, row)
    }
    return found
  }

  /** Those of the watched keys that are still good. */
  async #keys(watchers: readonly Watcher[]): Promise<Set<string>> {
    const now = this.#clock.now()
    const good = new Set<string>()
    const tenantOf = new Map(watchers.map(({ caller }) => [caller.keyId, caller.tenantId]))
    for (const ids of chunks([...tenantOf.keys()])) {
      const rows = await this.#database.prisma.apiKey.findMany({
        where: {
          tenantId: { in: [...new Set(ids.flatMap((id) => tenantOf.get(id) ?? []))] }, // leads the index
          id: { in: ids },
          revokedAt: null,
          OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
        },
        select: { id: true },
      })
      for (const row of rows) good.add(row.id)
    }
    return good
  }

  /** Those of the watched sessions that somebody has ended. */
  async #endedSessions(watchers: readonly Watcher[]): Promise<Set<string>> {
    const ended = new Set<string>()
    const { prisma } = this.#database
    for (const ids of chunks(watchers.map(({ caller }) => caller.sessionId))) {
      const where = { id: { in: ids }, endedAt: { not: null } }
      const tenantIds = watchers.flatMap(({ caller }) =>
        caller.sessionId !== undefined && caller.tenantId !== undefined ? caller.tenantId : [],
      )
      const rows = [
        ...(await prisma.session.findMany({
          where: { ...where, tenantId: { in: [...new Set(tenantIds)] } }, // leads the index
          select: { id: true },
        })),
        ...(await prisma.operatorSession.findMany({ where, select: { id: true } })),
      ]
      for (const { id } of rows) ended.add(id)
    }
    return ended
  }

  #cut(watcher: Watcher, reason: CutOff): void {
    if (!this.#watchers.has(watcher)) return
    this.#forget(watcher)
    watcher.onCutOff(reason)
  }

  #forget(watcher: Watcher): void {
    clearTimeout(watcher.timer)
    this.#watchers.delete(watcher)
  }
}

/** Everybody, save an operator who came to look into a tenant that was suspended by then. */
const shutsOut = (suspendedAt: Date, { caller, since }: Watcher): boolean =>
  !caller.operator || suspendedAt >= since

function* chunks(ids: readonly (string | undefined)[]): Generator<string[]> {
  const distinct = [...new Set(ids)].filter((id) => id !== undefined)
  for (let at = 0; at < distinct.length; at += CHUNK) yield distinct.slice(at, at + CHUNK)
}
