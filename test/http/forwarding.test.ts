import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { readConfig } from '../../src/config.ts'
import { sharedAddressOf, watchForwarding } from '../../src/http/forwarding.ts'
import { cli, SECRET } from '../cli/harness.ts'

const OUTSIDE = { PUBLIC_URL: 'http://billing.example.com' }

let server: Server | undefined
afterEach(() => server?.close())

async function serve(environment: Record<string, string>) {
  const warnings: string[] = []
  server = createServer((_req, res) => void res.end())
  server.on('upgrade', (_req, socket) => socket.destroy())
  watchForwarding(server, readConfig(environment), {
    warn: (_fields, message) => void warnings.push(message),
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const url = `http://127.0.0.1:${address.port}`
  return {
    warnings,
    url,
    get: (headers: Record<string, string> = {}, path = '/graphql') =>
      fetch(`${url}${path}`, { headers }).then((r) => r.text()),
  }
}

describe('a proxy that the configuration does not know of', () => {
  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-proto'])(
    'in front of what counts as a local set-up is warned of at the first request with %s, once',
    async (header) => {
      const { warnings, get } = await serve({})
      await get()
      expect(warnings).toEqual([])
      for (let n = 0; n < 3; n++) await get({ [header]: '198.51.100.7' })
      expect(warnings).toEqual([
        expect.stringMatching(/local set-up because PUBLIC_URL is not set.*TRUST_PROXY/),
      ])
    },
  )

  test('is warned of at the first socket as well', async () => {
    const { warnings, url } = await serve({})
    const socket = new WebSocket(url.replace('http', 'ws'), {
      headers: { 'x-forwarded-for': '198.51.100.7' },
    })
    await new Promise((resolve) => socket.once('error', resolve))
    expect(warnings).toHaveLength(1)
  })

  test('elsewhere is said to share its address with all clients', async () => {
    const { warnings, get } = await serve(OUTSIDE)
    await get({ 'x-forwarded-for': '198.51.100.7' })
    expect(warnings).toEqual([expect.stringMatching(/address of the proxy.*TRUST_PROXY=true/)])
  })

  test('is noticed without any header, when every client has one private address', async () => {
    const { warnings, get } = await serve(OUTSIDE)
    for (let n = 0; n < 120; n++) await get({}, '/healthz')
    for (let n = 0; n < 99; n++) await get()
    expect(warnings).toEqual([])
    await get()
    await get()
    expect(warnings).toEqual([expect.stringMatching(/one private address/)])
  })

  test.each([
    ['with TRUST_PROXY', { ...OUTSIDE, TRUST_PROXY: 'true' }, { 'x-forwarded-for': '198.51.100.7' }],
    ['in a local set-up without a proxy', {}, {}],
  ])('is not made up %s', async (_name, environment, headers) => {
    const { warnings, get } = await serve(environment)
    for (let n = 0; n < 120; n++) await get(headers)
    expect(warnings).toEqual([])
  })
})

describe('what the configuration alone shows', () => {
  test.each([
    [{ PUBLIC_URL: 'https://billing.example.com' }, true],
    [{ PUBLIC_URL: 'https://billing.example.com', TRUST_PROXY: 'true' }, false],
    [{ PUBLIC_URL: 'http://billing.example.com' }, false],
    [{}, false],
  ])('of %j', async (environment, shared) => {
    expect(sharedAddressOf(readConfig(environment)) !== undefined).toBe(shared)
    const doctor = await cli(
      { ...environment, BILLINGWATCH_SECRET: SECRET, DATABASE_URL: 'file:nowhere/none.db' },
      ['doctor'],
    )
    expect(/address of the proxy/.test(doctor.stdout)).toBe(shared)
  })
})
