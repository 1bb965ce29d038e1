import { Command, Option } from 'commander'
import type { Half } from '../app.ts'
import { portArgument } from './format.ts'
import type { Shell } from './shell.ts'

/** `serve`: what `npm start` runs. */
export const serveCommand = (shell: Shell): Command =>
  new Command('serve')
    .description('run the server')
    .option('--port <n>', 'instead of PORT', portArgument)
    .option('--host <host>', 'instead of HOST')
    .addOption(
      new Option(
        '--only <half>',
        'web: deliveries, GraphQL and the page; worker: judging, alerts, reconciling, cleaning up',
      ).choices(['web', 'worker']),
    )
    .action(async ({ port, host, only }: { port?: string; host?: string; only?: Half }) => {
      // The server's parts are loaded only here: every other command starts sooner without them.
      const { serve } = await import('../server.ts')
      await serve(
        shell.config({
          ...(port === undefined ? {} : { PORT: port }),
          ...(host === undefined ? {} : { HOST: host }),
        }),
        only,
      )
    })
