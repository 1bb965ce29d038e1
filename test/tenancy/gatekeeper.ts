import { afterEach, expect } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import { clock } from '../support/stepped-clock.ts'
import { quiet, vault } from './office.ts'

export const ADMIN_KEY = 'bw_admin_0123456789abcdefghijklmn'

type Parts = ConstructorParameters<typeof Authenticator>[0]

/** Who asks for credentials in the tests of a file: one authenticator for all, and others with parts of their own. */
export function keepGate(database: Database) {
  const authenticatorWith = (parts: Partial<Parts>) =>
    new Authenticator({ database, vault, clock, adminKey: ADMIN_KEY, log: quiet, ...parts })
  const authenticator = authenticatorWith({})
  afterEach(() => authenticator.close())
  const ask = (key: string, tenantId?: string) =>
    authenticator.authenticate({ authorization: `Bearer ${key}`, tenantId })
  return { authenticator, authenticatorWith, ask }
}

export const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' })
export const forbidden = expect.objectContaining({ code: 'FORBIDDEN' })
