import { Link, Route, Switch } from 'wouter'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { Empty } from '../../ui/empty.tsx'
import styles from '../../ui/screen.module.css'
import { Screen } from '../../ui/screen.tsx'
import { Channels } from './channels.tsx'
import { Endpoints } from './endpoints.tsx'
import { General } from './general.tsx'
import { Keys } from './keys.tsx'
import { Sessions } from './sessions.tsx'

const PARTS = [
  { path: '/settings', name: 'General', Part: General },
  { path: '/settings/endpoints', name: 'Endpoints', Part: Endpoints },
  { path: '/settings/channels', name: 'Channels', Part: Channels },
  { path: '/settings/keys', name: 'Keys', Part: Keys },
  { path: '/settings/sessions', name: 'Sessions', Part: Sessions },
] as const

/** On a phone not all of them fit. */
const showTab = (tab: HTMLAnchorElement | null): void =>
  tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' })

/** What an administrator sets up. */
export default function SettingsScreen({ part }: { part: string | undefined }) {
  const here = part === undefined ? '/settings' : `/settings/${part}`
  const admin = isAdmin(useMe())
  return (
    <Screen title="Settings">
      <nav className={styles['tabs']} aria-label="Settings">
        {PARTS.map(({ path, name }) => (
          <Link
            key={path}
            href={path}
            className={styles['tab']}
            aria-current={path === here ? 'page' : undefined}
            ref={path === here ? showTab : undefined}
          >
            {name}
          </Link>
        ))}
      </nav>
      {!admin && <p className={styles['muted']}>Only an administrator’s key may change these.</p>}
      <Switch>
        {PARTS.map(({ path, Part }) => (
          <Route key={path} path={path} component={Part} />
        ))}
        <Route>
          <Empty title="Page not found">Nothing is at this address.</Empty>
        </Route>
      </Switch>
    </Screen>
  )
}
