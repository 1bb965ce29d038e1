import { Component, type ReactNode } from 'react'
import { Button } from './button.tsx'
import styles from './states.module.css'

interface ScreenBoundaryProps {
  /** The path: a failure stands in place of the screen that failed, not of another. */
  at: string
  children: ReactNode
}

/** In place of a screen whose program could not be fetched, or that failed: the others stay within reach. */
export class ScreenBoundary extends Component<ScreenBoundaryProps, { failedAt?: string }> {
  override state: { failedAt?: string } = {}

  static getDerivedStateFromError(): { failedAt?: string } {
    return { failedAt: window.location.pathname }
  }

  override render(): ReactNode {
    if (this.state.failedAt !== this.props.at) return this.props.children
    return (
      <div className={styles['failed']} role="alert">
        <h2>Could not load this page</h2>
        <p>The server may be away, or there is a newer version of the page.</p>
        <Button small onClick={() => window.location.reload()}>
          Reload
        </Button>
      </div>
    )
  }
}
