import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Connection } from './connection.ts'
import type { Me } from './me.ts'

/** The server, and who is signed in: there for every screen. */
export interface SignedIn {
  connection: Connection
  me: Me
  signOut: () => void
}

export const SignedInContext = createContext<SignedIn | undefined>(undefined)

function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext)
  if (!signedIn) throw new Error('nobody is signed in here')
  return signedIn
}

export const useConnection = (): Connection => useSignedIn().connection

export const useSignOut = (): (() => void) => useSignedIn().signOut

export const useMe = (): Me => useSignedIn().me

/** Whether the server is reached. */
export function useOnline(): boolean {
  const { online } = useConnection()
  return useSyncExternalStore(online.subscribe, online.get)
}

/** Why the person cannot act now; undefined where they can. */
export function useActingRefused(): string | undefined {
  const { role } = useMe()
  const online = useOnline()
  if (!online) return 'You are offline: this works again when the server is reached.'
  return role === 'VIEWER' ? 'Your key may read only: acting needs the role MEMBER.' : undefined
}
