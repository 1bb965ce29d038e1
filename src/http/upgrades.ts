import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

export const asksForWebSocket = ({ headers }: IncomingMessage): boolean =>
  (headers.upgrade ?? '').split(',').some((name) => name.trim().toLowerCase() === 'websocket')

/** Headers that belong to the offer alone, and the one that names them. */
const OFFER = ['upgrade', 'http2-settings', 'connection']

/**
 * A client may offer a protocol that we do not speak (h2c, as Java's and curl's do) and then takes HTTP/1.1 as well. Node
 * reads no request behind an offer, so it gets the same bytes again without it.
 */
export function readWithoutOffer(
  server: Server,
  { method, url, httpVersion, headers, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    if (!OFFER.includes(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  if (/\bclose\b/i.test(headers.connection ?? '')) lines.push('connection: close')
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
