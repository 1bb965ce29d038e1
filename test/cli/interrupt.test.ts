import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { cli, cliJson, SECRET } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-interrupt-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a replay that is interrupted', () => {
  it('says how far it came, and goes on from there when it is run again', async () => {
    const env = {
      DATABASE_URL: `file:${join(folder, 'bw.db')}`,
      BILLINGWATCH_SECRET: SECRET,
      PUBLIC_URL: 'http://localhost',
    }
    await migrate({ databaseUrl: env.DATABASE_URL })
    const { id } = (await cliJson(env, ['tenant', 'create', 'Replayed'])) as { id: string }
    const count = 8_000
    const file = join(folder, 'history.jsonl')
    const lines = Array.from({ length: count }, (_, i) => START + i * 60).map((created, i) =>
      JSON.stringify(
        event('charge.succeeded', charge({ created, customer: `cus_${i % 900}_${i}` }), { created }),
      ),
    )
    writeFileSync(file, lines.join('\n'))

    const loader = import.meta.resolve('tsx')
    const program = join(import.meta.dirname, '../../src/billingwatch.ts')
    const child = spawn(process.execPath, ['--import', loader, program, 'replay', id, file], {
      cwd: folder,
      env: { ...env, PATH: process.env['PATH'], NODE_ENV: 'test' },
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const closed = new Promise((resolve) => child.once('close', resolve))
    // Once the first events are there it is in the middle of them.
    const database = await openDatabase({ databaseUrl: env.DATABASE_URL })
    try {
      while (
        (await database.prisma.stripeEvent.count({ where: { tenantId: id } })) === 0 &&
        child.exitCode === null
      ) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      await database.close()
    }
    child.kill('SIGINT')
    expect(await closed).toBe(130)
    const [, taken] =
      /^Interrupted: (\d+) of 8000 events were taken; .*Run the same command again/m.exec(said) ?? []
    expect(Number(taken)).toBeGreaterThan(0)
    expect(Number(taken)).toBeLessThan(count)

    const again = (await cli(env, ['replay', id, file, '--json'])).json() as {
      stored: number
      duplicates: number
    }
    expect(again.stored + again.duplicates).toBe(count)
    expect(again.duplicates).toBeGreaterThan(0)
    expect(again.duplicates).toBeLessThanOrEqual(Number(taken))
    expect(readdirSync(folder).filter((name) => name.includes('.replay-'))).toEqual([])
  }, 120_000)
})
