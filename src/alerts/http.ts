import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent'
import type { Seconds } from '../time.ts'

/** One request to an address that a tenant chose. */
export interface HttpRequest {
  method: 'POST' | 'PATCH' | 'PUT'
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** The only hosts that it may go to besides those that the operator allows; a leading dot takes what is below one. */
  hosts?: readonly string[] | undefined
  /** The address is the operator's own (SLACK_API_URL, PAGERDUTY_EVENTS_URL): it may be inside the network, by plain http. */
  trusted?: boolean
  signal: AbortSignal
}

export interface HttpAnswer {
  status?: number
  /** Why there was no answer; nothing of the URL's path or query, which may be secret. */
  error?: string
  /** At most 64 kB of it. */
  text?: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Of `Retry-After`, at most a day. */
  retryAfter?: Seconds
}

const TIMEOUT = 15_000
const MAX_ANSWER = 64 * 1024
const DAY_IN_SECONDS = 86_400

/** Reaches what tenants name, and nothing inside the operator's network but what ALERT_ALLOWED_HOSTS lists. */
export class Outbound {
  readonly #hosts: ReadonlySet<string>
  /** Single addresses and ranges. */
  readonly #ranges: readonly string[]

  /** @param allowed hosts, addresses and ranges (CIDR), of the operator */
  constructor(allowed: readonly string[]) {
    const isRange = (text: string): boolean => isIP(text) !== 0 || ipaddr.isValidCIDR(text)
    this.#ranges = allowed.filter(isRange)
    this.#hosts = new Set(allowed.filter((text) => !isRange(text)).map((host) => host.toLowerCase()))
  }

  /**
   * What is wrong with an address, as far as its text tells; undefined: nothing.
   * @param hosts a provider's, where it may be no other
   */
  objection(url: string, hosts?: readonly string[]): string | undefined {
    if (!URL.canParse(url)) return 'must be a URL, such as https://example.com/alerts'
    const { protocol, username, password, hostname } = new URL(url)
    const listed = this.#isListed(hostname)
    if (protocol !== 'https:' && !(protocol === 'http:' && listed)) return 'must begin with https://'
    if (username !== '' || password !== '') return 'must not carry a user name or password'
    if (listed) return undefined
    if (!isPublic(hostname)) return `must be reachable from the internet; ${hostname} is not`
    if (hosts !== undefined && !hosts.some((host) => isHost(hostname, host)))
      return `must be an address of ${hosts.map((host) => host.replace(/^\./, '')).join(' or ')}`
    return undefined
  }

  /** As `objection`, and looks the name up: what leads into a network of the operator is refused when it is given, too. */
  async objectionNow(url: string, hosts?: readonly string[]): Promise<string | undefined> {
    const objection = this.objection(url, hosts)
    if (objection !== undefined) return objection
    const { hostname } = new URL(url)
    if (this.#isListed(hostname) || isIP(bare(hostname)) !== 0) return undefined
    // A name that is not found may be found tomorrow; at every send the agent looks again.
    const found = await lookup(hostname, { all: true }).catch(() => [])
    const inside = found.some(({ address }) => !isPublic(address) && !this.#isInRange(address))
    return inside
      ? `must be reachable from the internet; ${hostname} leads into a private network`
      : undefined
  }

  /** Never throws: whatever goes wrong is in the answer. */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const objection = request.trusted ? undefined : this.objection(request.url, request.hosts)
    if (objection !== undefined) return { error: `refused: the address ${objection}`, headers: {} }
    try {
      return await this.#send(request, AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]))
    } catch (error) {
      return { error: reasonOf(error), headers: {} }
    }
  }

  #send({ method, url, headers, body, trusted }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const target = new URL(url)
    const allowed = trusted === true || this.#hosts.has(target.hostname)
    const filter = { allowPrivateIPAddress: allowed, allowIPAddressList: [...this.#ranges], keepAlive: false }
    const secure = target.protocol === 'https:'
    const agent = secure ? new RequestFilteringHttpsAgent(filter) : new RequestFilteringHttpAgent(filter)
    return new Promise((resolve, reject) => {
      const options = {
        method,
        agent,
        signal,
        headers: {
          'user-agent': 'BillingWatch',
          ...headers,
          'content-length': String(Buffer.byteLength(body)),
        },
      }
      const request = (secure ? httpsRequest : httpRequest)(target, options, (response) => {
        readAnswer(response).then(resolve, reject)
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  #isListed(hostname: string): boolean {
    return this.#hosts.has(hostname.toLowerCase()) || this.#isInRange(bare(hostname))
  }

  #isInRange(address: string): boolean {
    if (isIP(address) === 0) return false
    const parsed = ipaddr.process(address)
    return this.#ranges.some((range) =>
      isIP(range) !== 0
        ? ipaddr.process(range).toString() === parsed.toString()
        : parsed.kind() === ipaddr.parseCIDR(range)[0].kind() && parsed.match(ipaddr.parseCIDR(range)),
    )
  }
}

/** URLs have IPv6 addresses in brackets. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/** Names are judged by what they lead to. */
const isPublic = (hostname: string): boolean => {
  const address = bare(hostname)
  return isIP(address) === 0
    ? !/(^|\.)localhost\.?$/i.test(address)
    : ipaddr.parse(address).range() === 'unicast'
}

const isHost = (hostname: string, host: string): boolean =>
  host.startsWith('.') ? hostname.endsWith(host) : hostname === host

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    const bytes = Buffer.from(part)
    parts.push(bytes.subarray(0, MAX_ANSWER - size))
    size += bytes.length
    if (size >= MAX_ANSWER) break
  }
  response.destroy()
  const { statusCode, headers } = response
  const retryAfter = secondsOf(headers['retry-after'], headers.date)
  return {
    headers,
    text: Buffer.concat(parts).toString('utf8'),
    ...(statusCode !== undefined && { status: statusCode }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}

/** Seconds, or a date, which is held against the receiver's own clock. */
function secondsOf(value: string | undefined, date: string | undefined): Seconds | undefined {
  if (value === undefined) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.parse(date ?? '')) / 1_000
  return Number.isFinite(seconds) ? Math.min(DAY_IN_SECONDS, Math.max(1, Math.ceil(seconds))) : undefined
}

/** For people, without the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  if (error.name === 'TimeoutError' || ('cause' in error && isTimeout(error.cause)))
    return 'no answer within 15 seconds'
  if (/is not allowed/.test(error.message)) return 'refused: the address leads into a private network'
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `the connection failed${code}`
}

const isTimeout = (cause: unknown): boolean => cause instanceof Error && cause.name === 'TimeoutError'
