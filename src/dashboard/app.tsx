import { useCallback, useEffect, useState } from 'react'
import { Provider } from 'urql'
import { useLocation } from 'wouter'
import { actIn, actingTenant } from './api/acting-tenant.ts'
import { type Connection, connect } from './api/connection.ts'
import { type Me, whoAmI } from './api/me.ts'
import { Refused, Session, signOut } from './api/session.ts'
import { SignedInContext } from './api/use-connection.ts'
import { Away } from './screens/sign-in/away.tsx'
import { pathAfter, SignInScreen } from './screens/sign-in/sign-in.tsx'
import { TenantsScreen } from './screens/tenants/tenants-screen.tsx'
import { Shell } from './shell/shell.tsx'
import { PresentProvider, Zone } from './ui/time.tsx'
import { ToastProvider } from './ui/toasts.tsx'

const SIGN_IN = '/sign-in'

/**
 * Who is signed in: `undefined` while it is not known yet, `away` where the server could not be asked. An operator who
 * has not chosen a tenant has a connection only.
 */
type Known = { connection: Connection; me?: Me } | 'nobody' | 'away' | undefined

/** The whole page: the screens for who is signed in, else the way in. */
export function App() {
  const [known, setKnown] = useState<Known>()
  const [location, navigate] = useLocation()

  const enter = useCallback(async (): Promise<void> => {
    const session = new Session(actingTenant())
    const connection = connect(session, () => {
      connection.close()
      actIn(undefined)
      setKnown('nobody')
    })
    try {
      const me = await whoAmI(session, connection.client)
      setKnown({ connection, ...(me ? { me } : {}) })
      if (me) void connection.feed.start()
    } catch (error) {
      setKnown(error instanceof Refused && error.status === 401 ? 'nobody' : 'away')
    }
  }, [])

  useEffect(() => void enter(), [enter])
  const signingIn = location === SIGN_IN
  useEffect(() => {
    if (known === 'nobody' && !signingIn)
      navigate(`${SIGN_IN}?next=${encodeURIComponent(location + window.location.search)}`, { replace: true })
    if (typeof known === 'object' && signingIn) navigate(pathAfter(window.location.search), { replace: true })
  }, [known, signingIn, location, navigate])

  if (known === undefined) return null
  if (known === 'away') return <Away onRetry={enter} />
  if (known === 'nobody') return <SignInScreen onSignedIn={enter} />
  if (signingIn) return null
  const { connection, me } = known
  const leave = async (): Promise<void> => {
    await signOut()
    connection.close()
    actIn(undefined)
    setKnown('nobody')
    navigate(SIGN_IN)
  }
  const open = (tenantId: string | undefined): void => {
    connection.close()
    actIn(tenantId)
    setKnown(undefined)
    void enter()
  }
  return (
    <Provider value={connection.client}>
      {me ? (
        <SignedInContext value={{ connection, me, signOut: () => void leave() }}>
          <Zone value={me.tenant.timezone}>
            <PresentProvider>
              <ToastProvider>
                <Shell onTenants={me.operator ? () => open(undefined) : undefined} />
              </ToastProvider>
            </PresentProvider>
          </Zone>
        </SignedInContext>
      ) : (
        <TenantsScreen onOpen={open} onSignOut={leave} />
      )}
    </Provider>
  )
}
