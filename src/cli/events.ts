import { Command } from 'commander'
import { LISTENED_TYPES } from '../stripe/reading.ts'
import type { Shell } from './shell.ts'

/** `events`: for Stripe's own settings, or `stripe listen --events`. */
export const eventsCommand = (shell: Shell): Command =>
  new Command('events')
    .description('the Stripe event types that are listened to, one a line')
    .action((options: { json?: boolean }) =>
      shell.print({ json: LISTENED_TYPES, lines: LISTENED_TYPES }, options),
    )
