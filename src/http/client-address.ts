import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/**
 * Where a request came from. Behind a proxy of ours (TRUST_PROXY) that is the last hop of `x-forwarded-for`: the
 * proxy wrote it, and whatever stands before it the client may have made up. Otherwise the header is not believed.
 * @returns an IP address, or '' for a socket that is gone already
 */
export function addressOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustProxy: boolean,
): string {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined
  const hop = withoutPort(
    String(forwarded ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? '',
  )
  const address = isIP(hop) ? hop : (socket.remoteAddress ?? '')
  // An IPv4 peer of a socket that listens on both.
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** Some proxies write `192.0.2.1:4711`, `[2001:db8::1]:4711` or `[2001:db8::1]`. */
const withoutPort = (hop: string): string =>
  /^\[(.+)\](?::\d+)?$|^([^:]+):\d+$/.exec(hop)?.slice(1).find(Boolean) ?? hop

/** What limits count by: an IPv4 address, or the /64 that one IPv6 client usually has to itself. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [left = [], right = []] = address
    .toLowerCase()
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const first = [...left, ...zeros, ...right].slice(0, 4)
  return `${first.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
