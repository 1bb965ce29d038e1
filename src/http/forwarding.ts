import type { IncomingMessage, Server } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import type { Config } from '../config.ts'
import { addressOf } from './client-address.ts'

type Setup = Pick<Config, 'local' | 'trustProxy' | 'publicUrl' | 'host'>

/** What every proxy writes at least one of. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

const privateAddresses = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  privateAddresses.addSubnet(network, prefix)
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateAddresses.addSubnet(network, prefix, 'ipv6')

const ONE_ADDRESS =
  'so all clients have the address of the proxy, and what is limited by address is limited for all of them together. Set TRUST_PROXY=true if the proxy writes x-forwarded-for.'

/** What the configuration alone shows: this program speaks no TLS, so requests over https come through a proxy. */
export function sharedAddressOf({ local, trustProxy, publicUrl }: Setup): string | undefined {
  if (local || trustProxy || !publicUrl?.startsWith('https:')) return undefined
  return `PUBLIC_URL is https, so a proxy stands in front, and TRUST_PROXY is not set, ${ONE_ADDRESS}`
}

/** Requests that all come from one private address before that is taken for a proxy's. */
const ENOUGH = 100

/** Warns once when requests show a proxy that the configuration does not know of. */
export function watchForwarding(
  server: Server,
  config: Setup,
  log: { warn(fields: object, message: string): void },
): void {
  if (config.trustProxy) return
  const first = { address: '', requests: 0 }
  const look = (req: IncomingMessage): void => {
    const found = headersShow(req, config) ?? (config.local ? undefined : addressesShow(req, first))
    if (found === undefined) return
    if (found !== NOTHING_TO_SAY) log.warn({ address: addressOf(req, false) }, found)
    server.off('request', look)
    server.off('upgrade', look)
  }
  server.on('request', look)
  server.on('upgrade', look)
}

/** Clients have different addresses, or public ones. */
const NOTHING_TO_SAY = ''

function headersShow({ headers }: IncomingMessage, { local }: Setup): string | undefined {
  if (!FORWARDING.some((name) => headers[name] !== undefined)) return undefined
  return local
    ? 'A proxy passes requests on to this server, which counts as a local set-up because PUBLIC_URL is not set: whoever the proxy lets through reaches GraphiQL, introspection and /metrics without a token, and nothing is limited by address. Set PUBLIC_URL, and TRUST_PROXY=true.'
    : `A proxy passes requests on, and TRUST_PROXY is not set, ${ONE_ADDRESS}`
}

function addressesShow(
  req: IncomingMessage,
  first: { address: string; requests: number },
): string | undefined {
  const address = addressOf(req, false)
  // What is asked within the network for its own sake shows nothing.
  if (!/^\/(webhook|graphql|export)\b/.test(req.url ?? '')) return undefined
  if (first.requests === 0) first.address = address
  if (address !== first.address || !privateAddresses.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
    return NOTHING_TO_SAY
  first.requests += 1
  if (first.requests < ENOUGH) return undefined
  return `The first ${ENOUGH} requests came from one private address, probably a proxy's, and TRUST_PROXY is not set, ${ONE_ADDRESS}`
}
