import { type FormEvent, useEffect, useState } from 'react'
import { Refused, signIn } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import styles from './sign-in.module.css'

/** Asks for a key and a name. @param onSignedIn called once the browser has the session's cookie */
export function SignInScreen({ onSignedIn }: { onSignedIn: () => void }) {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    const code = takeCode()
    if (code !== undefined) signIn({ code }, 'Guest').then(onSignedIn, () => setProblem(STALE_LINK))
  }, [onSignedIn])

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(undefined)
    try {
      await signIn({ key: String(form.get('key')).trim() }, String(form.get('name')).trim())
      onSignedIn()
    } catch (error) {
      setProblem(reasonOf(error))
      setBusy(false)
    }
  }

  return (
    <main className={styles['page']}>
      <form className={styles['card']} onSubmit={submit}>
        <h1>Sign in to BillingWatch</h1>
        {problem !== undefined && <Notice>{problem}</Notice>}
        <Field
          label="API key"
          name="key"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          placeholder="bw_live_…"
          hint={
            <>
              An administrator makes one under Settings, or with{' '}
              <code>billingwatch key create TENANT --role member</code>.
            </>
          }
        />
        <Field
          label="Your name"
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          hint="Your colleagues see it beside what you do."
        />
        <Button type="submit" look="primary" disabledBecause={busy ? 'Signing in …' : undefined}>
          {busy ? 'Signing in …' : 'Sign in'}
        </Button>
      </form>
    </main>
  )
}

const STALE_LINK = 'This link was used already, or is too old. A key signs in as well.'

/** The code of a link that signs in once. It is in the fragment, which reaches no server and no log, and is removed. */
function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return code
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Refused)) return 'The server cannot be reached. Try again in a moment.'
  if (error.status === 401) return 'This key is not valid: it may be mistyped, revoked or expired.'
  return error.message
}

/** Where to go after signing in: only ever a path of this page. @param search the part of the URL after `?` */
export function pathAfter(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  const url = new URL(next, location.origin)
  return next.startsWith('/') && url.origin === location.origin ? `${url.pathname}${url.search}` : '/'
}
