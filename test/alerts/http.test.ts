import dns, { promises } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Outbound } from '../../src/alerts/http.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

const never = new AbortController().signal
const post = (outbound: Outbound, url: string, hosts?: readonly string[]) =>
  outbound.request({ method: 'POST', url, headers: {}, body: '{}', signal: never, hosts })

/** What was imported by name follows what is put in the module's place only after this; until the test ends. */
function syncNames(): void {
  syncBuiltinESMExports()
  onTestFinished(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })
}

describe('a request to an address that a tenant chose', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await startReceiver()
  })
  afterAll(() => receiver.close())

  it.each([
    ['http://example.com/', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['not a URL', 'must be a URL'],
    ['https://user:secret@example.com/', 'user name or password'],
    ['https://127.0.0.1/', 'not'],
    ['https://2130706433/', 'not'],
    ['https://0x7f000001/', 'not'],
    ['https://0177.0.0.1/', 'not'],
    ['https://127.1/', 'not'],
    ['https://0.0.0.0/', 'not'],
    ['https://10.0.0.8/', 'not'],
    ['https://172.16.3.4/', 'not'],
    ['https://192.168.1.1/', 'not'],
    ['https://169.254.169.254/latest/meta-data', 'not'],
    ['https://100.64.0.1/', 'not'],
    ['https://198.18.0.1/', 'not'],
    ['https://224.0.0.1/', 'not'],
    ['https://255.255.255.255/', 'not'],
    ['https://[::1]/', 'not'],
    ['https://[::]/', 'not'],
    ['https://[::ffff:127.0.0.1]/', 'not'],
    ['https://[::ffff:7f00:1]/', 'not'],
    ['https://[fe80::1]/', 'not'],
    ['https://[fc00::1]/', 'not'],
    ['https://[64:ff9b::7f00:1]/', 'not'],
    ['https://[2002:7f00:1::]/', 'not'],
    ['https://localhost/', 'not'],
    ['https://LOCALHOST./', 'not'],
    ['https://service.localhost/', 'not'],
  ])('is refused for %s when it is given, and when it is sent', async (url, reason) => {
    const outbound = new Outbound([])
    expect(await outbound.objectionNow(url)).toContain(reason)
    expect((await post(outbound, url)).error).toMatch(/^refused/)
  })

  it('takes what the operator lists by host, address and range, plain http included', async () => {
    for (const allowed of ['127.0.0.1', '127.0.0.0/8']) {
      const outbound = new Outbound([allowed])
      expect(await outbound.objectionNow(receiver.url)).toBeUndefined()
      expect((await post(outbound, receiver.url)).status).toBe(200)
    }
    const byName = new Outbound(['localhost'])
    expect((await post(byName, receiver.url.replace('127.0.0.1', 'localhost'))).status).toBe(200)
    expect(new Outbound(['10.0.0.0/8']).objection('http://127.0.0.1/')).toBeDefined()
  })

  it('is refused at every send for a name that leads inside by then, and tells nobody what answers there', async () => {
    const outbound = new Outbound([])
    let address = '93.184.215.14'
    // An attacker's name server: what it answers changes from one question to the next.
    vi.spyOn(dns, 'lookup').mockImplementation((...question: unknown[]) => {
      const [, options, answer] = question
      const family = isIP(address)
      const isAll =
        typeof options === 'object' && options !== null && 'all' in options && options.all === true
      if (typeof answer !== 'function') throw new Error('asked otherwise')
      answer(null, isAll ? [{ address, family }] : address, family)
    })
    syncNames()
    const { port } = new URL(receiver.url)
    const before = receiver.requests.length
    for (address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.8', '169.254.169.254', '0.0.0.0'])
      expect((await post(outbound, `https://rebinding.example:${port}/`)).error, address).toBe(
        'refused: the address leads into a private network',
      )
    expect(receiver.requests.length).toBe(before)
  })

  it('is refused when it is given for a name that leads inside, and taken for one that is not found yet', async () => {
    const outbound = new Outbound([])
    const inside = { address: '10.0.0.8', family: 4 }
    // All of them were asked for, which the types of a spy do not know.
    const found = vi.spyOn(promises, 'lookup').mockResolvedValue(Object.assign([inside], inside))
    syncNames()
    expect(await outbound.objectionNow('https://inside.example/')).toContain('leads into a private network')
    found.mockRejectedValue(new Error('ENOTFOUND'))
    expect(await outbound.objectionNow('https://tomorrow.example/')).toBeUndefined()
  })

  it('goes to the hosts of its provider alone', async () => {
    const outbound = new Outbound(['chat.internal'])
    const hosts = ['hooks.slack.com', '.logic.azure.com']
    expect(outbound.objection('https://hooks.slack.com/services/T/B/x', hosts)).toBeUndefined()
    expect(outbound.objection('https://prod-1.logic.azure.com/x', hosts)).toBeUndefined()
    expect(outbound.objection('http://chat.internal/hooks/x', hosts)).toBeUndefined()
    for (const url of [
      'https://hooks.slack.com.evil.com/',
      'https://evil.com/',
      'https://evillogic.azure.com/',
    ])
      expect(outbound.objection(url, hosts)).toContain('hooks.slack.com')
  })

  it('follows no redirect', async () => {
    receiver.answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()
    const before = receiver.requests.length
    expect((await post(new Outbound(['127.0.0.1']), receiver.url)).status).toBe(302)
    expect(receiver.requests.length).toBe(before + 1)
  })

  it('reads 64 kB of an answer and no more', async () => {
    receiver.answer = (_request, response) => {
      response.write('x'.repeat(100_000))
      // It never ends.
    }
    const { status, text } = await post(new Outbound(['127.0.0.1']), receiver.url)
    expect(status).toBe(200)
    expect(text?.length).toBe(65_536)
  })

  it('says why there was no answer, without the secrets of the address', async () => {
    const closed = await startReceiver()
    await closed.close()
    const answer = await post(new Outbound(['127.0.0.1']), `${closed.url}/services/secret?token=secret`)
    expect(answer.error).toBe('the connection failed (ECONNREFUSED)')
  })

  it('reads how long it should wait, in seconds or as a date', async () => {
    const date = 'Sat, 28 Nov 2026 12:00:00 GMT'
    for (const [value, seconds] of [
      ['7', 7],
      ['0.2', 1],
      ['Sat, 28 Nov 2026 12:01:30 GMT', 90],
      ['9999999', 86_400],
      ['soon', undefined],
    ] as const) {
      receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': value, date }).end()
      expect((await post(new Outbound(['127.0.0.1']), receiver.url)).retryAfter).toBe(seconds)
    }
  })
})
