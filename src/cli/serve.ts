import { Command } from 'commander'
import { portArgument } from './format.ts'
import type { Shell } from './shell.ts'

/** `serve`: what `npm start` runs. */
export const serveCommand = (shell: Shell): Command =>
  new Command('serve')
    .description('run the server')
    .option('--port <n>', 'instead of PORT', portArgument)
    .option('--host <host>', 'instead of HOST')
    .action(async ({ port, host }: { port?: string; host?: string }) => {
      // The server's parts are loaded only here: every other command starts sooner without them.
      const { serve } = await import('../server.ts')
      await serve(
        shell.config({
          ...(port === undefined ? {} : { PORT: port }),
          ...(host === undefined ? {} : { HOST: host }),
        }),
      )
    })
