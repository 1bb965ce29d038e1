import { useRef } from 'react'

/** The value, or the last one that there was: what is known does not go because the server is away. */
export function useLast<Value>(value: Value | undefined): Value | undefined {
  const last = useRef(value)
  if (value !== undefined) last.current = value
  return last.current
}
