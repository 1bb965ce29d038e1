import { describe, expect, it, vi } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { type Answer, makeTenant, post, startServer } from '../support/app.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { proxyTo } from '../support/proxy.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'

describe.runIf(engine === 'postgresql')(
  'a PostgreSQL that takes everything and answers nothing',
  async () => {
    if (engine !== 'postgresql') return
    const direct = await emptyDatabase()
    await migrate({ databaseUrl: direct })
    const url = new URL(direct)
    const proxy = await proxyTo(Number(url.port || 5_432), url.hostname)
    url.port = String(proxy.port)
    const app = await startServer(url.href)
    const [known, other] = [await makeTenant(app, direct), await makeTenant(app, direct)]
    const send = (token: string): Promise<Answer> => post(app.url, token, event('charge.succeeded', charge()))

    it('is answered for with 503 within 10 s, and all goes on within seconds once it answers again', async () => {
      expect((await send(known.token)).status).toBe(200)
      proxy.silence()
      const began = performance.now()
      // One whose endpoint is remembered, one that has to be looked up, one that nobody has, and later ones.
      const waves: Promise<Answer[]>[] = []
      for (let wave = 0; wave < 3; wave += 1) {
        waves.push(Promise.all([known.token, other.token, 'x'.repeat(32)].map(send)))
        await Promise.race(waves)
      }
      const answers = (await Promise.all(waves)).flat()
      expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(503))
      expect(answers.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true)
      expect((performance.now() - began) / waves.length).toBeLessThan(10_000)

      proxy.resume()
      const resumed = performance.now()
      await vi.waitFor(async () => expect((await send(known.token)).status).toBe(200), {
        timeout: 10_000,
        interval: 100,
      })
      expect(performance.now() - resumed).toBeLessThan(5_000)
      expect((await send(other.token)).status).toBe(200)
      await vi.waitFor(async () => expect((await fetch(`${app.url}/readyz`)).status).toBe(200), 10_000)
    }, 60_000)
  },
)
