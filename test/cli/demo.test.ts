import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { cli, cliJson } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-demo-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

interface Demo {
  child: ChildProcessByStdio<null, Readable, Readable>
  said(): string
  complained(): string
  closed: Promise<number | null>
}

/** The demo in a process of its own. Whatever it makes would lie in `folder`, even the user's own database. */
function demo(...argv: string[]): Demo {
  const loader = import.meta.resolve('tsx')
  const program = join(import.meta.dirname, '../../src/billingwatch.ts')
  const child = spawn(process.execPath, ['--import', loader, program, 'demo', '--port', '0', ...argv], {
    cwd: folder,
    // Compiled sources are not kept in the folder that has to be empty afterwards.
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      TMPDIR: folder,
      TSX_DISABLE_CACHE: '1',
      DATABASE_URL: 'file:./precious.db',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
  return {
    child,
    said: () => out.join(''),
    complained: () => err.join(''),
    closed: new Promise((resolve) => child.once('close', resolve)),
  }
}

const anomaliesAnswer = z.object({
  data: z.object({ anomalies: z.object({ nodes: z.array(z.object({ detector: z.string() })) }) }),
})

async function detectorsSeenWith(url: string, key: string): Promise<string[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ anomalies { nodes { detector } } }' }),
  })
  return anomaliesAnswer.parse(await response.json()).data.anomalies.nodes.map(({ detector }) => detector)
}

/** As the page does that the link opens. @returns the status of the answer */
async function signInBy(link: string): Promise<number> {
  const { origin, hash } = new URL(link)
  const { status } = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ code: new URLSearchParams(hash.slice(1)).get('code'), name: 'Ann' }),
  })
  return status
}

describe('billingwatch demo', () => {
  it('shows an anomaly of each tenant as it is raised, and leaves nothing behind on Ctrl-C', async () => {
    const { child, said, complained, closed } = demo('--days', '3')
    try {
      await vi.waitFor(
        () => {
          expect(child.exitCode, complained()).toBe(null)
          expect(said()).toMatch(/Kiez Kaffee +[A-Z]+ +CARD_TESTING\n/)
          expect(said()).toMatch(/Parley Notes +[A-Z]+ +CHARGE_FAILURE_SPIKE\n/)
          expect(said()).toMatch(/Hoshi Robotics +[A-Z]+ +DUPLICATE_CHARGE\n/)
          expect(said()).toMatch(/Parley Notes +[A-Z]+ +ALERT anomaly\.raised\n/)
        },
        { timeout: 80_000, interval: 200 },
      )
      const url = /http:\S+\/graphql/.exec(said())?.[0] ?? ''
      const key = /Hoshi Robotics +(bw_live_\w+)/.exec(said())?.[1] ?? ''
      expect(await detectorsSeenWith(url, key)).toEqual(['DUPLICATE_CHARGE'])
      const link = /Hoshi Robotics +(http:\S+)/.exec(said())?.[1] ?? ''
      // The second time it was used already.
      expect([await signInBy(link), await signInBy(link)]).toEqual([204, 401])
    } finally {
      child.kill('SIGINT')
      // As npm does, which sends on what the terminal has sent already.
      child.kill('SIGINT')
    }
    expect(await closed).toBe(0)
    expect(complained()).toBe('')
    expect(said()).toMatch(/the database is gone/)
    expect(said()).not.toContain('\u001b')
    expect(readdirSync(folder)).toEqual([])
  }, 100_000)

  it('can be stopped while it still replays', async () => {
    const { child, said, closed } = demo('--days', '35')
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { timeout: 45_000 })
    child.kill('SIGINT')
    expect(await closed).toBe(0)
    expect(said()).toBe('Stopped before it began; the database is gone.\n')
    expect(readdirSync(folder)).toEqual([])
  }, 60_000)

  it('ends by itself with --seconds, and says with --json what was raised', async () => {
    vi.stubEnv('TMPDIR', folder)
    const answer = await cliJson({}, ['demo', '--seconds', '1', '--days', '1', '--port', '0'])
    expect(answer).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      tenants: ['Kiez Kaffee', 'Parley Notes', 'Hoshi Robotics'].map((name) => ({
        id: expect.stringMatching(/^ten_/),
        name,
        timezone: expect.stringContaining('/'),
        history: { events: expect.any(Number), anomalies: 0 },
        delivered: expect.any(Number),
        anomalies: [],
        alerts: [],
      })),
    })
    expect(readdirSync(folder)).toEqual([])
  }, 60_000)

  it('takes no time that is none', async () => {
    expect(await cli({}, ['demo', '--seconds', '0'])).toMatchObject({ code: 2, stdout: '' })
  })
})
