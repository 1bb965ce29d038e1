import { Link, useLocation } from 'wouter'
import { useMe, useSignOut } from '../api/use-connection.ts'
import { Button } from '../ui/button.tsx'
import { switchTheme } from '../ui/theme.ts'
import { Icon } from './icon.tsx'
import styles from './nav.module.css'
import { PLACES } from './places.ts'

interface NavProps {
  onHelp: () => void
  onTenants: (() => void) | undefined
}

/** The way to every screen: at the side, on a phone at the bottom. */
export function Nav({ onHelp, onTenants }: NavProps) {
  const me = useMe()
  const signOut = useSignOut()
  const [location] = useLocation()
  const isHere = (path: string): boolean =>
    path === '/' ? location === '/' || location.startsWith('/a/') : location.startsWith(path)
  return (
    <header className={styles['side']}>
      <p className={styles['tenant']} title={me.tenant.name.slice(0, 200)}>
        <Icon name="logo" />
        <span>{me.tenant.name.slice(0, 200)}</span>
      </p>
      <nav className={styles['places']} aria-label="Screens">
        {PLACES.map(({ path, name }) => (
          <Link
            key={path}
            href={path}
            className={styles['place']}
            aria-current={isHere(path) ? 'page' : undefined}
          >
            <Icon name={name} />
            {name}
          </Link>
        ))}
      </nav>
      <div className={styles['person']}>
        {onTenants && (
          <Button small onClick={onTenants}>
            All tenants
          </Button>
        )}
        <p className={styles['name']} title={me.name.slice(0, 200)}>
          {me.name.slice(0, 200)}
        </p>
        <div className={styles['buttons']}>
          <Button small look="quiet" onClick={switchTheme} aria-label="Switch theme" title="Switch theme (t)">
            <Icon name="theme" />
          </Button>
          <Button small look="quiet" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keys (?)">
            <Icon name="keys" />
          </Button>
          <Button small look="quiet" onClick={signOut}>
            Sign out
          </Button>
        </div>
      </div>
    </header>
  )
}
