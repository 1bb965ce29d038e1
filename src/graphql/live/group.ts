import { othersFirst } from '../../time.ts'
import type { Row } from './follow.ts'
import type { SharedReader } from './shared-reader.ts'
import type { SharedResult } from './shared-result.ts'

/** Results that are handed over in one turn of the event loop: a few milliseconds of writing to sockets. */
const RESULTS_OF_TURN = 100

/** A subscriber of a group, as it is sent what is live. */
export interface Member {
  /** @returns false when it cannot take a result now */
  push(result: SharedResult): boolean
  fail(error: unknown): void
}

export interface GroupParts {
  reader: SharedReader<Row>
  /** The result that all members get for a row; undefined when it is filtered out. */
  resultOf(row: Row): Promise<SharedResult | undefined>
}

interface Standing {
  /** The row that it had last. */
  at: bigint
  /** Makes it read on its own from a position. */
  release(position: bigint): void
}

/**
 * The subscriptions of a tenant with the same rights, operation and variables. A row is executed once for all members
 * that are live, that is at the end of what the reader has, and the result is handed to one after the other with no
 * promise or iterator between: these cost several times what writing to a socket does. A member that is behind, or cannot
 * take a result, reads on its own until it is at the end again.
 */
export class Group {
  readonly #parts: GroupParts
  readonly #live = new Map<Member, Standing>()
  readonly #empty = new AbortController()
  /** The newest row that is sent, or being sent, to those who are live. */
  #position: bigint
  #members = 0

  constructor(parts: GroupParts) {
    this.#parts = parts
    this.#position = parts.reader.head
    void this.#sendOn()
  }

  resultOf(row: Row): Promise<SharedResult | undefined> {
    return this.#parts.resultOf(row)
  }

  join(): void {
    this.#members += 1
  }

  /** @returns whether it was the last one */
  leave(member: Member): boolean {
    this.#release(member)
    this.#members -= 1
    if (this.#members > 0) return false
    this.#empty.abort()
    return true
  }

  /**
   * Makes a member live that has everything up to `position`, where the reader's rows end at this moment: so it cannot
   * miss one between what it has read and what it is sent.
   * @returns where it has to read on by itself, once it could not take a result or has left
   */
  live(member: Member, position: bigint): Promise<bigint> {
    return new Promise((release) => {
      this.#live.set(member, { at: position, release })
    })
  }

  async #sendOn(): Promise<void> {
    const { reader } = this.#parts
    const { signal } = this.#empty
    while (!signal.aborted) {
      const rows = reader.after(this.#position)
      if (rows === undefined) {
        // More rows came than the reader keeps: each member reads them at its own pace.
        this.#position = reader.head
        for (const member of [...this.#live.keys()]) this.#release(member)
      } else if (rows.length === 0) await reader.beyond(this.#position, signal)
      for (const row of rows ?? []) await this.#send(row)
    }
  }

  async #send(row: Row): Promise<void> {
    const before = this.#position
    // Whoever becomes live while this row is executed and sent has it already.
    this.#position = row.seq
    if (this.#live.size === 0) return
    try {
      const result = await this.resultOf(row)
      if (result) await this.#handOver(row.seq, before, result)
    } catch (error) {
      for (const [member, { at }] of this.#live) if (at < row.seq) member.fail(error)
    }
  }

  async #handOver(seq: bigint, before: bigint, result: SharedResult): Promise<void> {
    let handed = 0
    for (const [member, standing] of this.#live) {
      if (standing.at >= seq) continue
      if (member.push(result)) standing.at = seq
      else this.#release(member, before)
      handed += 1
      // Deliveries and other tenants are served between.
      if (handed % RESULTS_OF_TURN === 0) await othersFirst()
    }
  }

  #release(member: Member, position = 0n): void {
    const standing = this.#live.get(member)
    this.#live.delete(member)
    standing?.release(standing.at > position ? standing.at : position)
  }
}

/** The groups of this process by what makes their results the same. */
export class Groups {
  readonly #groups = new Map<string, Group>()

  join(key: string, make: () => GroupParts): Group {
    const group = this.#groups.get(key) ?? new Group(make())
    this.#groups.set(key, group)
    group.join()
    return group
  }

  leave(key: string, group: Group, member: Member): void {
    if (group.leave(member) && this.#groups.get(key) === group) this.#groups.delete(key)
  }
}
