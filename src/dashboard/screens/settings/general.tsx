import { type FormEvent, useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { isAdmin } from '../../api/me.ts'
import { useMe, useSignOut } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Field } from '../../ui/field.tsx'
import styles from '../../ui/screen.module.css'
import { Section } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { State } from '../../ui/state.tsx'
import { switchTheme } from '../../ui/theme.ts'
import { useToasts } from '../../ui/toasts.tsx'

const GeneralSettings = graphql(`
  query GeneralSettings {
    tenant {
      id
      name
      timezone
      country
      onboarding { name title help done }
    }
  }
`)

type Tenant = NonNullable<ResultOf<typeof GeneralSettings>['tenant']>

const UpdateTenant = graphql(`
  mutation UpdateTenant($input: UpdateTenantInput!) {
    updateTenant(input: $input) { tenant { id name timezone country } }
  }
`)

/** What stands between backticks is to be typed. */
const withCode = (text: string) =>
  text.split('`').map((part, place) => (place % 2 === 1 ? <code key={part}>{part}</code> : part))

/** The steps to the first event, and what the tenant is called and where it is. */
export function General() {
  const me = useMe()
  const signOut = useSignOut()
  const [{ data, error }, again] = useQuery({ query: GeneralSettings, requestPolicy: 'cache-and-network' })
  if (error) return <Failed error={error} what="the settings" onRetry={again} />
  const tenant = data?.tenant
  if (!tenant) return <Skeleton height={320} />
  return (
    <>
      <Section title="Set-up">
        <ol className={styles['rows']}>
          {tenant.onboarding.map(({ name, title, help, done }) => (
            <li key={name} className={styles['row']}>
              <div>
                <p className={styles['name']}>{title}</p>
                {!done && <p className={styles['muted']}>{withCode(help)}</p>}
              </div>
              <State word={done ? 'Done' : 'To do'} mood={done ? 'good' : 'plain'} />
            </li>
          ))}
        </ol>
      </Section>
      <Section
        title="Company"
        about="The zone decides when days and weeks begin; the country, which days are holidays."
      >
        <CompanyForm key={tenant.id} tenant={tenant} />
      </Section>
      <Section title="You" about={`Signed in as ${me.name}.`}>
        <div className={styles['buttons']}>
          <Button small onClick={switchTheme}>
            Switch theme
          </Button>
          <Button small onClick={signOut}>
            Sign out
          </Button>
        </div>
      </Section>
    </>
  )
}

function CompanyForm({ tenant }: { tenant: Tenant }) {
  const send = useSend()
  const toasts = useToasts()
  const admin = isAdmin(useMe())
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const said = (name: string): string => String(form.get(name)).trim()
    setBusy(true)
    const done = await send(UpdateTenant, {
      input: {
        id: tenant.id,
        name: said('name'),
        timezone: said('timezone'),
        country: said('country') === '' ? null : said('country').toUpperCase(),
      },
    })
    setBusy(false)
    if (done) toasts.show({ text: 'Saved' })
  }

  return (
    <form className={styles['form']} onSubmit={submit}>
      <Field label="Name" name="name" defaultValue={tenant.name} required maxLength={200} readOnly={!admin} />
      <Field
        label="Time zone"
        name="timezone"
        defaultValue={tenant.timezone}
        required
        list="zones"
        readOnly={!admin}
        hint="For example Europe/Berlin."
      />
      <datalist id="zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <Field
        label="Country"
        name="country"
        defaultValue={tenant.country ?? ''}
        maxLength={2}
        readOnly={!admin}
        hint="Two letters, for example DE; left empty, the zone decides."
      />
      {admin && (
        <Button type="submit" look="primary" disabledBecause={busy ? 'Saving …' : undefined}>
          Save
        </Button>
      )}
    </form>
  )
}
