/** What one check found. Only a `problem` makes `doctor` exit with 1. */
export interface Finding {
  check:
    | 'configuration'
    | 'database'
    | 'integrity'
    | 'migrations'
    | 'secrets'
    | 'redis'
    | 'clock'
    | 'disk'
    | 'events'
    | 'alerts'
    | 'stripe'
    | 'tenants'
  level: 'ok' | 'notice' | 'problem'
  message: string
  /** What to do about it; missing where there is nothing to do. */
  advice?: string
}

export const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().split('\n').at(-1) ?? message
}
