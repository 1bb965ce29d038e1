import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'bw-checkout-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = promisify(execFile)
/** As a newcomer's terminal has it, but for the checkout's own `.env`, which a test must not depend on. */
const env = { PATH: process.env['PATH'], HOME: folder, NODE_ENV: 'test' }

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const closed = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('close', resolve))

/** What `npm install` builds. */
const bundle = (outdir: string) =>
  build({
    entryPoints: ['src/billingwatch.ts', 'src/storage/sqlite/integrity-worker.ts'].map((path) =>
      join(root, path),
    ),
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    metafile: true,
    logLevel: 'error',
  })

/** A checkout like this one, built, with nothing in its working folder. */
const copy = join(folder, 'copy')
let metafile: Awaited<ReturnType<typeof bundle>>['metafile']
beforeAll(async () => {
  mkdirSync(copy)
  for (const file of ['package.json', 'billingwatch']) copyFileSync(join(root, file), join(copy, file))
  for (const name of ['node_modules', 'prisma']) symlinkSync(join(root, name), join(copy, name))
  ;({ metafile } = await bundle(join(copy, 'dist')))
}, 60_000)

describe('npm start', () => {
  it('starts the server itself: it drains on the SIGTERM that npm gets', async () => {
    const port = await freePort()
    const databaseUrl = `file:${join(folder, 'started', 'bw.db')}`
    const child = spawn('npm', ['start'], {
      cwd: root,
      env: { ...env, PORT: String(port), DATABASE_URL: databaseUrl, MIN_FREE_DISK: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = closed(child)
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    await vi.waitFor(() => expect(said).toContain('"msg":"listening"'), { timeout: 60_000, interval: 100 })
    const pid = Number((await run('ps', ['-o', 'pid=', '--ppid', String(child.pid)])).stdout)
    onTestFinished(() => {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended, as it should.
      }
    })
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(said).toContain('"msg":"stopped"')
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
  }, 90_000)
})

describe('./billingwatch', () => {
  it('runs from wherever it is called, and so does npx in the checkout', async () => {
    const [direct, elsewhere, npx] = await Promise.all([
      run('./billingwatch', ['events'], { cwd: copy, env }),
      run(join(copy, 'billingwatch'), ['events'], { cwd: folder, env }),
      run('npx', ['--no-install', 'billingwatch', 'events'], { cwd: root, env }),
    ])
    expect(direct.stdout).toContain('charge.failed\n')
    expect(elsewhere.stdout).toBe(direct.stdout)
    expect(npx.stdout).toBe(direct.stdout)
    // npx alone takes a minute on a machine that is busy with other tests.
  }, 180_000)

  it('says what to do before anything is built', async () => {
    const bare = join(folder, 'bare')
    mkdirSync(bare)
    for (const file of ['package.json', 'billingwatch']) copyFileSync(join(root, file), join(bare, file))
    await expect(run('./billingwatch', [], { cwd: bare, env })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .*npm install/),
    })
  }, 60_000)

  it('loads neither database nor server before it knows what is asked for, so that help comes at once', () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const visit = (output: string): void => {
      if (seen.has(output)) return
      seen.add(output)
      for (const { path, kind, external } of metafile.outputs[output]?.imports ?? []) {
        if (kind === 'dynamic-import') continue
        if (external) packages.add(path)
        else visit(path)
      }
    }
    const entry = Object.keys(metafile.outputs).find((output) => output.endsWith('/billingwatch.js'))
    visit(entry ?? '')
    expect([...packages].filter((name) => !name.startsWith('node:')).sort()).toEqual(['commander', 'zod'])
  })

  it('reads .env beside package.json, below what the environment itself sets', async () => {
    const database = (name: string) => join(folder, name)
    writeFileSync(
      join(copy, '.env'),
      `# a comment\nDATABASE_URL="file:${database('from-file.db')}"\nPORTT=4001\nLOG_LEVEL=warn\n`,
    )
    const { NODE_ENV: _, ...usual } = env
    const made = await run('./billingwatch', ['migrate'], { cwd: copy, env: usual })
    expect(made.stderr).toContain(`Made a new database: ${database('from-file.db')}`)
    const set = { ...usual, DATABASE_URL: `file:${database('from-env.db')}` }
    const other = await run('./billingwatch', ['migrate'], { cwd: copy, env: set })
    expect(other.stderr).toContain(`Made a new database: ${database('from-env.db')}`)
    // Tests do not depend on it.
    const missing = run('./billingwatch', ['tenant', 'list'], { cwd: copy, env })
    await expect(missing).rejects.toMatchObject({
      stderr: expect.stringContaining(join(copy, 'data/billingwatch.db')),
    })
  }, 60_000)
})
