import type { Client } from 'urql'
import { graphql } from './graphql.ts'
import type { Session } from './session.ts'

const Viewer = graphql(`
  query Viewer { viewer { role operator tenant { id name timezone } } }
`)

/** Who is signed in. */
export interface Me {
  /** The name that colleagues see beside what is done. */
  name: string
  role: 'VIEWER' | 'MEMBER' | 'ADMIN'
  /** Whether all tenants may be chosen from. */
  operator: boolean
  tenant: { id: string; name: string; timezone: string }
}

/**
 * @returns undefined for an operator who has not chosen a tenant
 * @throws where nobody is signed in, or the server is away
 */
export async function whoAmI(session: Session, client: Client): Promise<Me | undefined> {
  const { name } = await session.token()
  const { data, error } = await client.query(Viewer, {})
  if (!data) throw error ?? new Error('the server did not say who is signed in')
  const { role, tenant } = data.viewer
  if (!role || !tenant) return undefined
  return { name, role, operator: session.actsForOperator || data.viewer.operator, tenant }
}

export const isAdmin = ({ role }: Me): boolean => role === 'ADMIN'
