import { useEffect } from 'react'

/** Names the tab, and what a screen reader says after a change of screens. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · BillingWatch`
  }, [title])
}
