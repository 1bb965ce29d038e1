import { useLocation } from 'wouter'
import { useKeys } from '../../keys/use-keys.ts'
import { Button } from '../../ui/button.tsx'
import { neighboursOf } from '../inbox/last-list.ts'

/** The way to the rows before and after it in the list that one came from. */
export function Neighbours({ id }: { id: string }) {
  const [, navigate] = useLocation()
  const { previous, next } = neighboursOf(id)
  const go = (to: string | undefined): void => {
    if (to !== undefined) navigate(`/a/${to}`)
  }
  useKeys({ '[': () => go(previous), ']': () => go(next) })
  if (previous === undefined && next === undefined) return null
  return (
    <span>
      <Button
        small
        look="quiet"
        disabledBecause={previous === undefined ? 'This is the first' : undefined}
        onClick={() => go(previous)}
        aria-keyshortcuts="["
      >
        Previous
      </Button>
      <Button
        small
        look="quiet"
        disabledBecause={next === undefined ? 'This is the last' : undefined}
        onClick={() => go(next)}
        aria-keyshortcuts="]"
      >
        Next
      </Button>
    </span>
  )
}
