import { describe, expect, test } from 'vitest'
import { addressOf, networkOf } from '../../src/http/client-address.ts'

const request = (forwarded: string | undefined, remoteAddress: string | undefined = '192.0.2.1') => ({
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  socket: Object.assign(Object.create(null), { remoteAddress }),
})

describe('the address of a client', () => {
  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['10.0.0.1, 198.51.100.7', '198.51.100.7'],
    // Two headers, as Node joins them: the client's own and the proxy's.
    ['evil, 10.0.0.1, 2001:db8::7', '2001:db8::7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    // As Azure's gateway and some others write it.
    ['198.51.100.7:51234', '198.51.100.7'],
    ['10.0.0.1, [2001:db8::7]:443', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['::ffff:198.51.100.7, [::ffff:198.51.100.8]:80', '198.51.100.8'],
  ])('behind a proxy of ours is the last hop of %j', (forwarded, address) => {
    expect(addressOf(request(forwarded), true)).toBe(address)
    expect(addressOf(request(forwarded), false)).toBe('192.0.2.1')
  })

  test.each([
    undefined,
    '',
    'unknown',
    '198.51.100.7, _hidden',
    '198.51.100.7,',
    '<script>',
    ':80',
    '[]:80',
    '198.51.100:80',
  ])('is that of the socket where %j tells none', (forwarded) => {
    expect(addressOf(request(forwarded), true)).toBe('192.0.2.1')
  })

  test('is IPv4 also on a socket that listens on both, and empty once the socket is gone', () => {
    expect(addressOf(request(undefined, '::ffff:192.0.2.9'), false)).toBe('192.0.2.9')
    const gone = { headers: {}, socket: Object.create(null) }
    expect(addressOf(gone, true)).toBe('')
  })
})

describe('what is counted as one client', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['', ''],
  ])('%j is %j', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
