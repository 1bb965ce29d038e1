import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { argv, kill, pid, stdout } from 'node:process'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import { composeIngest } from './compose.ts'

/** A server that is killed when it tells of a commit: after the rows are durable, before anybody has an answer. */
const [, , databaseUrl = '', vaultSecret = ''] = argv

const dieAtCommit = {
  publish: () => void kill(pid, 'SIGKILL'),
  subscribe: () => () => {},
  close: async () => {},
}
const { listener } = composeIngest(await openDatabase({ databaseUrl }), {
  clock: systemClock,
  vault: createVault(vaultSecret),
  bus: dieAtCommit,
  log: createLogger('silent'),
  metrics: createMetrics(false),
})
const server = createServer(listener)
server.listen(0, '127.0.0.1', () => void stdout.write(`${(server.address() as AddressInfo).port}\n`))
