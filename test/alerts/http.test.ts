import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Outbound } from '../../src/alerts/http.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

const never = new AbortController().signal
const post = (outbound: Outbound, url: string, hosts?: readonly string[]) =>
  outbound.request({ method: 'POST', url, headers: {}, body: '{}', signal: never, hosts })

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

  it('is not sent to a public name that leads inside', async () => {
    const outbound = new Outbound([])
    // A name of the machine's own list of hosts stands for one that an attacker's DNS answers for.
    const hosts = ['localhost6', 'ip6-localhost', 'ip6-loopback']
    for (const host of hosts) {
      const answer = await post(outbound, `https://${host}/`)
      expect(answer.status).toBeUndefined()
      expect(answer.error).toBeDefined()
    }
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
