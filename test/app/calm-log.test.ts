import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { calmLog } from '../../src/app/calm-log.ts'
import { createLogger } from '../../src/log.ts'

type Line = { level: number; msg: string; [field: string]: unknown }

function calmed(times = { sayEveryMs: 60_000, overAfterMs: 60_000 }) {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const clock = { steady: () => performance.now() }
  return { lines, log: calmLog(createLogger('info', stream), { clock, ...times }) }
}

const failure = (message: string, code: string) => Object.assign(new Error(message), { code })
const refused = () => failure('role "app" is not permitted to log in', '28000')

test('work that fails again and again since the database is away is one line, with the reason and without a stack', () => {
  const { log, lines } = calmed()
  for (let n = 0; n < 20; n++) log.error({ err: refused(), tenant: `ten_${n}` }, 'detection failed')
  log.warn({ err: new Error('judging a tenant failed', { cause: refused() }) }, 'could not read a feed')
  expect(lines).toMatchObject([
    { level: 50, msg: 'detection failed', tenant: 'ten_0', reason: 'role "app" is not permitted to log in' },
    { level: 40, msg: 'could not read a feed', reason: 'role "app" is not permitted to log in' },
  ])
  expect(JSON.stringify(lines)).not.toContain('stack')
})

test('another reason is another line', () => {
  const { log, lines } = calmed()
  for (const err of [failure('terminated', '57P01'), refused(), refused()]) log.error({ err }, 'a pass')
  expect(lines.map(({ reason }) => reason)).toEqual(['terminated', 'role "app" is not permitted to log in'])
})

test('while it goes on it is said now and then, with how many lines were left out, and once when it is over', async () => {
  const { log, lines } = calmed({ sayEveryMs: 300, overAfterMs: 600 })
  for (let n = 0; n < 3; n++) log.error({ err: refused() }, 'a pass')
  await sleep(400)
  for (let n = 0; n < 3; n++) log.error({ err: refused() }, 'a pass')
  expect(lines).toMatchObject([{ msg: 'a pass' }, { msg: 'a pass', leftOut: 2 }])
  await vi.waitFor(() => expect(lines).toHaveLength(3), { timeout: 45_000 })
  expect(lines[2]).toMatchObject({ level: 30, msg: 'no more trouble with the database', leftOut: 2 })
  await sleep(700)
  expect(lines).toHaveLength(3)
})

test('every other line stays as it is', () => {
  const { log, lines } = calmed()
  for (let n = 0; n < 2; n++) {
    log.error({ err: new Error('a mistake of ours') }, 'a pass')
    log.warn({ outcome: 'database_away' }, 'a delivery')
    log.warn('said plainly')
    log.info({ err: refused() }, 'for information')
  }
  expect(lines).toHaveLength(8)
  expect(lines[0]).toMatchObject({ err: { message: 'a mistake of ours', stack: expect.any(String) } })
  expect(lines[2]).toMatchObject({ msg: 'said plainly' })
})
