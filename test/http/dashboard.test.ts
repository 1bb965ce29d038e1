import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { dashboard } from '../../src/http/dashboard.ts'
import { notFound, routes } from '../../src/http/routes.ts'

const SCRIPT = `console.log(${JSON.stringify('a'.repeat(2_000))})`

/** A folder as the bundler leaves it: an entry with its style, what it imports, and what it may import later. */
function builtFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billingwatch-dashboard-'))
  mkdirSync(join(folder, 'dist'))
  const files = {
    'main-AAAA.js': SCRIPT,
    'chunk-BBBB.js': 'export {}',
    'chart-CCCC.js': 'export {}',
    'main-DDDD.css': 'body{}',
    'notes.txt': 'not for anybody',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const output = (name: string, over: object = {}) => [`dist/dashboard/${name}`, { imports: [], ...over }]
  const imported = (name: string, kind: string) => ({ path: `dist/dashboard/${name}`, kind })
  const outputs = Object.fromEntries([
    output('main-AAAA.js', {
      entryPoint: 'src/dashboard/main.tsx',
      cssBundle: 'dist/dashboard/main-DDDD.css',
      imports: [imported('chunk-BBBB.js', 'import-statement'), imported('chart-CCCC.js', 'dynamic-import')],
    }),
    output('chunk-BBBB.js'),
    output('chart-CCCC.js'),
    output('main-DDDD.css'),
  ])
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ outputs }))
  return folder
}

const folders: string[] = []
const servers: ReturnType<typeof createServer>[] = []
afterAll(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** @returns the port */
async function serve(folder: string, https = false): Promise<number> {
  folders.push(folder)
  const webhook = (_req: unknown, res: { end(): void }) => res.end()
  const server = createServer(routes({ webhook, plain: {}, next: dashboard({ folder, https }, notFound) }))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}

const port = await serve(builtFolder())

interface Answer {
  status: number | undefined
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** As it comes over the wire: fetch would decompress. */
const get = (
  path: string,
  headers: Record<string, string> = { accept: 'text/html' },
  { method = 'GET', at = port } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: at, path, headers, method, agent: false }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => parts.push(part))
      res.on('end', () =>
        resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

describe('the page', () => {
  test.each(['/', '/a/anm_1', '/settings/keys?tab=1', '/tenants'])('stands at %s', async (path) => {
    const { status, headers, body } = await get(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      vary: 'accept-encoding',
      'x-request-id': expect.any(String),
    })
    expect(headers['strict-transport-security']).toBeUndefined()
    const page = body.toString()
    expect(page).toContain('<script type="module" src="/assets/main-AAAA.js"></script>')
    expect(page).toContain('<link rel="stylesheet" href="/assets/main-DDDD.css">')
    expect(page).toContain('<link rel="modulepreload" href="/assets/chunk-BBBB.js">')
    expect(page).not.toContain('chart-CCCC')
    // Nothing that its own policy would refuse.
    expect(page).not.toMatch(/<script>|<style|style=|https?:/)
  })

  test('is not sent again to who has it', async () => {
    const { headers } = await get('/')
    const etag = String(headers['etag'])
    expect(etag).toMatch(/^"[\w-]+"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get('/explore', { accept: 'text/html', 'if-none-match': known })
      expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, etag])
    }
    expect((await get('/', { accept: 'text/html', 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('is for those who open an address, and at those that alerts name for whoever takes anything', async () => {
    expect((await get('/', { accept: '*/*' })).status).toBe(200)
    expect((await get('/', {})).status).toBe(200)
    expect((await get('/a/anm_1', { accept: '*/*' })).status).toBe(200)
    for (const [path, accept] of [
      ['/', 'application/json'],
      ['/a/anm_1', 'application/json'],
      ['/explore', '*/*'],
      ['/nothing.js', '*/*'],
    ] as const) {
      const { status, body } = await get(path, { accept })
      expect([path, status, JSON.parse(body.toString())]).toMatchObject([
        path,
        404,
        { error: { code: 'NOT_FOUND' } },
      ])
    }
    expect((await get('/', { accept: 'text/html' }, { method: 'POST' })).status).toBe(404)
  })

  test('is answered to HEAD without its body', async () => {
    const { status, headers, body } = await get('/', undefined, { method: 'HEAD' })
    expect([status, body.length]).toEqual([200, 0])
    expect(Number(headers['content-length'])).toBeGreaterThan(100)
  })

  test('asks browsers to come by https alone where that is its address', async () => {
    const at = await serve(builtFolder(), true)
    const { headers } = await get('/', undefined, { at })
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
  })
})

describe('its files', () => {
  test('are kept for good, and compressed as the client likes', async () => {
    const plain = await get('/assets/main-AAAA.js', {})
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.body.toString()).toBe(SCRIPT)
    const brotli = await get('/assets/main-AAAA.js', { 'accept-encoding': 'gzip, deflate, br, zstd' })
    expect(brotli.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT)
    const gzip = await get('/assets/main-AAAA.js', { 'accept-encoding': 'br;q=0, gzip;q=0.5' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT)
    expect(gzip.body.length).toBeLessThan(200)
  })

  test.each([
    '/assets/main-OLD.js',
    '/assets/notes.txt',
    '/assets/meta.json',
    '/assets/../meta.json',
    '/assets/%2e%2e/package.json',
    '/main-AAAA.js',
  ])('are those of the bundle alone: %s is none', async (path) => {
    expect((await get(path, { accept: '*/*' })).status).toBe(404)
  })

  test('that are gone are not answered with the page', async () => {
    expect((await get('/assets/main-OLD.js', { accept: 'text/html' })).status).toBe(404)
  })
})

test('a dashboard that was not built says so, and what to do', async () => {
  const at = await serve(mkdtempSync(join(tmpdir(), 'billingwatch-unbuilt-')))
  for (const path of ['/', '/a/anm_1']) {
    const { status, headers, body } = await get(path, undefined, { at })
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/html/)
    expect(body.toString()).toContain('<code>npm run build</code>')
  }
})
