import { createContext, useContext, useEffect, useState } from 'react'
import { now } from '../clock.ts'
import { age, moment, momentWithZone } from '../text/time.ts'

/** The zone that times are shown in: the tenant's. */
export const Zone = createContext('UTC')

export const useZone = (): string => useContext(Zone)

const Present = createContext(0)

/** Lets ages grow, twice a minute for the whole page. */
export function PresentProvider({ children }: { children: React.ReactNode }) {
  const [present, setPresent] = useState(now)
  useEffect(() => {
    const timer = setInterval(() => setPresent(now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return <Present value={present}>{children}</Present>
}

/** How long ago something was; the moment itself is in its title. */
export function Age({ at }: { at: string }) {
  const zone = useZone()
  const present = useContext(Present)
  return (
    <time dateTime={at} title={momentWithZone(at, zone)}>
      {age(at, Math.max(present, now()))}
    </time>
  )
}

/** The same in a sentence: `5m ago`, `just now`. */
export function Ago({ at }: { at: string }) {
  const present = useContext(Present)
  const isNow = age(at, Math.max(present, now())) === 'now'
  return (
    <>
      {isNow ? 'just ' : ''}
      <Age at={at} />
      {isNow ? '' : ' ago'}
    </>
  )
}

/** A moment in the tenant's zone. */
export function Moment({ at, withZone = false }: { at: string; withZone?: boolean }) {
  const zone = useZone()
  return (
    <time dateTime={at} title={momentWithZone(at, zone)}>
      {withZone ? momentWithZone(at, zone) : moment(at, zone)}
    </time>
  )
}
