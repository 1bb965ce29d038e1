import { useEffect, useState } from 'react'
import { Session } from './api/session.ts'
import { SignIn } from './screens/sign-in/sign-in.tsx'

/** The whole page: the screens for who is signed in, else the way in. */
export function App() {
  const [session, setSession] = useState<Session>()
  const [checked, setChecked] = useState(false)
  useEffect(() => {
    const found = new Session()
    found
      .token()
      .then(() => setSession(found))
      .catch(() => {})
      .finally(() => setChecked(true))
  }, [])
  if (!checked) return null
  if (!session) return <SignIn onSignedIn={() => setSession(new Session())} />
  return null
}
