import { lazy, Suspense, useEffect, useState } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { useOnline } from '../api/use-connection.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Inbox } from '../screens/inbox/inbox.tsx'
import { Empty } from '../ui/empty.tsx'
import { ScreenBoundary } from '../ui/screen-boundary.tsx'
import { switchTheme } from '../ui/theme.ts'
import { KeysHelp } from './keys-help.tsx'
import { Nav } from './nav.tsx'
import { PLACES } from './places.ts'
import styles from './shell.module.css'
import { SpokenNews } from './spoken-news.tsx'

const screens = {
  anomaly: () => import('../screens/anomaly/anomaly-screen.tsx'),
  detectors: () => import('../screens/detectors/detectors-screen.tsx'),
  events: () => import('../screens/events/events-screen.tsx'),
  explore: () => import('../screens/explore/explore-screen.tsx'),
  health: () => import('../screens/health/health-screen.tsx'),
  settings: () => import('../screens/settings/settings-screen.tsx'),
}
const AnomalyScreen = lazy(screens.anomaly)
const DetectorsScreen = lazy(screens.detectors)
const EventsScreen = lazy(screens.events)
const ExploreScreen = lazy(screens.explore)
const HealthScreen = lazy(screens.health)
const SettingsScreen = lazy(screens.settings)

/** Once there is time: the next screen is then there at once, and also while the server is away. */
function fetchScreens(): void {
  const fetchAll = async (): Promise<void> => {
    // One that cannot be fetched now is asked for again when somebody goes there.
    for (const fetchOne of Object.values(screens)) await fetchOne().catch(() => {})
  }
  setTimeout(() => void fetchAll(), FETCH_AFTER)
}

/** Milliseconds from the first screen: what that needs comes first. */
const FETCH_AFTER = 3_000

interface ShellProps {
  /** Goes to the list of tenants; undefined for whoever is of one. */
  onTenants: (() => void) | undefined
}

/** What is round every screen: the way to the others, and what is said about the connection. */
export function Shell({ onTenants }: ShellProps) {
  const online = useOnline()
  const [location, navigate] = useLocation()
  useEffect(fetchScreens, [])
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
        <div className={styles['screen']}>
          <ScreenBoundary at={location}>
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
          </ScreenBoundary>
        </div>
        {/* Below, where nothing moves when it comes and goes. */}
        {!online && (
          <p className={styles['offline']} role="status">
            You are offline. What you see is as of the last contact; trying again …
          </p>
        )}
      </main>
      <SpokenNews />
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </div>
  )
}
