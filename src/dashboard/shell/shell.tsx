import { lazy, Suspense, useState } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { useOnline } from '../api/use-connection.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Inbox } from '../screens/inbox/inbox.tsx'
import { Empty } from '../ui/empty.tsx'
import { switchTheme } from '../ui/theme.ts'
import { KeysHelp } from './keys-help.tsx'
import { Nav } from './nav.tsx'
import { PLACES } from './places.ts'
import styles from './shell.module.css'
import { SpokenNews } from './spoken-news.tsx'

const AnomalyScreen = lazy(() => import('../screens/anomaly/anomaly-screen.tsx'))
const DetectorsScreen = lazy(() => import('../screens/detectors/detectors-screen.tsx'))
const EventsScreen = lazy(() => import('../screens/events/events-screen.tsx'))
const ExploreScreen = lazy(() => import('../screens/explore/explore-screen.tsx'))
const HealthScreen = lazy(() => import('../screens/health/health-screen.tsx'))
const SettingsScreen = lazy(() => import('../screens/settings/settings-screen.tsx'))

interface ShellProps {
  /** Goes to the list of tenants; undefined for whoever is of one. */
  onTenants: (() => void) | undefined
}

/** What is round every screen: the way to the others, and what is said about the connection. */
export function Shell({ onTenants }: ShellProps) {
  const online = useOnline()
  const [, navigate] = useLocation()
  const [help, setHelp] = useState(false)
  useKeys({
    ...Object.fromEntries(PLACES.map(({ key, path }) => [`g ${key}`, () => navigate(path)])),
    t: switchTheme,
    '?': () => setHelp(true),
  })
  return (
    <div className={styles['shell']}>
      <a className={styles['skip']} href="#main">
        Skip to content
      </a>
      <Nav onTenants={onTenants} onHelp={() => setHelp(true)} />
      <main className={styles['main']} id="main" tabIndex={-1}>
        {!online && (
          <p className={styles['offline']} role="status">
            You are offline. What you see is as of the last contact; trying again …
          </p>
        )}
        <div className={styles['screen']}>
          <Suspense fallback={null}>
            <Switch>
              <Route path="/" component={Inbox} />
              <Route path="/a/:id">{({ id }) => <AnomalyScreen key={id} id={id} />}</Route>
              <Route path="/explore" component={ExploreScreen} />
              <Route path="/events" component={EventsScreen} />
              <Route path="/detectors/:name?">{({ name }) => <DetectorsScreen name={name} />}</Route>
              <Route path="/health" component={HealthScreen} />
              <Route path="/settings/:part?">{({ part }) => <SettingsScreen part={part} />}</Route>
              <Route>
                <Empty title="Page not found">Nothing is at this address.</Empty>
              </Route>
            </Switch>
          </Suspense>
        </div>
      </main>
      <SpokenNews />
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </div>
  )
}
