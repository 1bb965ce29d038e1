import { InvalidArgumentError } from 'commander'
import type { RateLimit } from '../config.ts'
import { ROLES, type Role } from '../tenancy/caller.ts'

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const

/**
 * `90d`, `24h`, `30m`, `45s`, `2w` or `0`, in seconds.
 * @throws InvalidArgumentError
 */
export function duration(argument: string): number {
  if (argument === '0') return 0
  const [, amount, unit] = /^(\d{1,9})([smhdw])$/.exec(argument) ?? []
  const seconds = Object.entries(UNITS).find(([name]) => name === unit)?.[1]
  if (amount === undefined || seconds === undefined)
    throw new InvalidArgumentError('It must be a number and a unit, such as 90d, 24h or 30m.')
  return Number(amount) * seconds
}

/** @throws InvalidArgumentError */
export function roleArgument(argument: string): Role {
  const role = ROLES.find((one) => one === argument.toUpperCase())
  if (!role) throw new InvalidArgumentError('It must be viewer, member or admin.')
  return role
}

/**
 * `6000/60`: requests per seconds; `default` gives the server's own limit back.
 * @throws InvalidArgumentError
 */
export function rateArgument(argument: string): RateLimit | 'default' {
  if (argument === 'default') return argument
  const [, requests, seconds] = /^(\d{1,9})\/(\d{1,5})$/.exec(argument) ?? []
  if (requests === undefined || seconds === undefined)
    throw new InvalidArgumentError('It must be requests/seconds, such as 6000/60, or default.')
  return { requests: Number(requests), seconds: Number(seconds) }
}

/** @throws InvalidArgumentError */
export function portArgument(argument: string): string {
  if (!/^\d{1,5}$/.test(argument) || Number(argument) > 65_535)
    throw new InvalidArgumentError('It must be a port number, from 0 to 65535.')
  return argument
}

/** @returns a reader of whole numbers from 1 to `most`, which throws InvalidArgumentError on anything else */
export const wholeArgument =
  (most: number) =>
  (argument: string): number => {
    const number = Number(argument)
    if (!Number.isInteger(number) || number < 1 || number > most)
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
    return number
  }

/** Columns as wide as their widest cell, two spaces between. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  )
}

/** A time to the minute, in UTC; a dash where there is none. */
export const time = (at: Date | null): string =>
  at ? `${at.toISOString().slice(0, 16).replace('T', ' ')}Z` : '-'
