import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { environment, makeTenant, nowSeconds, post } from '../support/app.ts'
import { emptyDatabase, engine, onServer } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { endSessions, ownLogin } from '../support/postgres-server.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'

type Line = { msg: string; level: number; outcome?: string }

test.skipIf(engine !== 'postgresql')(
  'a PostgreSQL that refuses everybody for some seconds is a few lines without a stack, and one a delivery',
  async () => {
    const databaseUrl = await emptyDatabase()
    await migrate({ databaseUrl })
    const login = await ownLogin(databaseUrl)
    atEnd(login.drop)
    const lines: Line[] = []
    const app = await startApp({
      config: readConfig(environment(login.url, {})),
      log: createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) }),
    })
    atEnd(() => app.close())
    const tenant = await makeTenant(app, databaseUrl)
    await sleep(1_000)
    lines.splice(0)

    await onServer(`ALTER ROLE ${login.name} NOLOGIN`)
    await endSessions(databaseUrl)
    for (let n = 0; n < 5; n++) {
      const late = charge({ created: nowSeconds(), customer: `cus_${n}` })
      const { status } = await post(app.url, tenant.token, event('charge.succeeded', late, {}))
      expect(status).toBe(503)
      await sleep(1_200)
    }
    const away = lines.splice(0)
    await onServer(`ALTER ROLE ${login.name} LOGIN`)

    expect(away.filter(({ outcome }) => outcome === 'database_away')).toHaveLength(5)
    const said = away.filter(({ outcome }) => outcome === undefined)
    expect(said.length).toBeGreaterThan(0)
    // Each at most once for the sessions that were ended, and once for the login that is refused.
    for (const { msg } of said)
      expect(said.filter((one) => one.msg === msg).length, msg).toBeLessThanOrEqual(2)
    expect(JSON.stringify(away)).not.toContain('"stack"')
    await vi.waitFor(
      () => expect(lines.map(({ msg }) => msg)).toContain('no more trouble with the database'),
      { timeout: 40_000, interval: 200 },
    )
  },
  60_000,
)
