import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { raise } from './support/anomalies.ts'
import { testDatabase } from './support/database.ts'
import { SOON } from './support/feed.ts'
import { makeTenant, serveGraphql } from './support/graphql.ts'
import { proxyTo } from './support/proxy.ts'

const root = join(import.meta.dirname, '..')
// Where the examples find the packages that they import.
const folder = join(root, 'node_modules/.cache', `frontend-${process.pid}`)
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocks = [
  ...readFileSync(join(root, 'docs/frontend.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm),
].map(([, code = '']) => code)
const blockWith = (text: string): string => blocks.find((code) => code.includes(text)) ?? ''

const OVER_SOCKET = blockWith("from 'graphql-ws'")
const CLIENT = /^const client = createClient\(\{\n[\s\S]*?^\}\)\n/m

/** The program over sockets, with the client of the second block. */
function overEvents(): string {
  const other = blockWith("from 'graphql-sse'")
  return OVER_SOCKET.replace(
    /^import .* from 'graphql-ws'$/m,
    "import { createClient } from 'graphql-sse'",
  ).replace(CLIENT, CLIENT.exec(other)?.[0] ?? '')
}

const database = await testDatabase()

/** Runs an example against an address with a key, and collects the ids it prints. */
function run(name: string, code: string, url: string, key: string) {
  const file = join(folder, `${name}.mts`)
  const text = code.replace('http://localhost:4000/graphql', url).replace('bw_live_…', key)
  expect(text).toContain(url)
  expect(text).toContain(key)
  // Node before 22 has no WebSocket of its own.
  writeFileSync(file, `import WebSocket from 'ws'\nglobalThis.WebSocket ??= WebSocket\n${text}`)
  const child: ChildProcess = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    out += more
  })
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    err += more
  })
  return { child, shown: () => out.match(/anm_\w+/g) ?? [], complaints: () => err }
}

describe.each([
  ['graphql-ws', OVER_SOCKET],
  ['graphql-sse', overEvents()],
])('the example of docs/frontend.md with %s', (name, code) => {
  it('shows every anomaly once, whatever becomes of the connection, and ends when its key is revoked', async () => {
    const served = await serveGraphql(database)
    onTestFinished(() => served.stop())
    const proxy = await proxyTo(Number(new URL(served.url).port))
    const tenant = await makeTenant(database)
    const expected: string[] = []
    const happen = async () => {
      expected.push(await raise(database, tenant.id))
      served.bus.publish(`feed:${tenant.id}`)
    }
    const { child, shown, complaints } = run(name, code, `http://127.0.0.1:${proxy.port}/graphql`, tenant.key)
    const allShown = () =>
      vi.waitFor(() => {
        expect(child.exitCode, complaints()).toBe(null)
        expect(shown()).toEqual(expected)
      }, SOON)

    await happen()
    await allShown()
    // Cut while nothing happens, so that what was seen could be shown again; and with something missed meanwhile.
    for (const missed of [0, 2, 1]) {
      await happen()
      await allShown()
      proxy.cut()
      for (let i = 0; i < missed; i++) await happen()
      await allShown()
    }
    await proxy.refuse()
    await happen()
    // Long enough that it has tried, and was refused.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await happen()
    await proxy.accept()
    await allShown()
    await happen()
    await allShown()

    await database.prisma.apiKey.updateMany({
      where: { tenantId: tenant.id },
      data: { revokedAt: new Date() },
    })
    await vi.waitFor(() => expect(child.exitCode).toBe(1), SOON)
    expect(shown()).toEqual(expected)
  }, 90_000)

  it('goes over to the next process when one drains', async () => {
    const first = await serveGraphql(database)
    const { port } = new URL(first.url)
    const tenant = await makeTenant(database)
    const one = await raise(database, tenant.id)
    const { child, shown, complaints } = run(name, code, `${first.url}/graphql`, tenant.key)
    await vi.waitFor(() => expect(shown(), complaints()).toEqual([one]), SOON)
    await first.stop()
    const second = await serveGraphql(database, { environment: { PORT: port } })
    onTestFinished(() => second.stop())
    const two = await raise(database, tenant.id)
    second.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(() => expect(shown(), complaints()).toEqual([one, two]), SOON)
    expect(child.exitCode).toBe(null)
  }, 90_000)
})
