import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'bw-spawn-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The real program in a process of its own, in an empty folder with an empty environment. */
async function billingwatch(...argv: string[]) {
  const loader = import.meta.resolve('tsx')
  const program = join(import.meta.dirname, '../../src/billingwatch.ts')
  const child = spawn(process.execPath, ['--import', loader, program, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test' },
  })
  child.stdin.end()
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { stdout, stderr, code }
}

describe('the billingwatch program', () => {
  it('makes database, key file and tenant out of nothing, and ends by itself', async () => {
    const first = await billingwatch('tenant', 'create', 'Out of nothing', '--json')
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ name: 'Out of nothing' })
    expect(first.stderr).toMatch(/^BILLINGWATCH_SECRET is not set: made a key in data\/secret\.key/)
    const second = await billingwatch('tenant', 'list', '--json')
    expect(first.stderr).toContain(`Made a new database: ${join(folder, 'data/billingwatch.db')}\n`)
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(second.stdout)).toMatchObject([{ name: 'Out of nothing' }])
  }, 60_000)

  it('exits with 2 on wrong usage', async () => {
    expect(await billingwatch('tenant', 'list', '--nonsense')).toMatchObject({ code: 2, stdout: '' })
  }, 60_000)
})
