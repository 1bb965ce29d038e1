import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { serveBench } from '../serving.ts'
import type { BenchTenant } from './workload.ts'

const NEW = '{"received":true,"duplicate":false}'
const KNOWN = '{"received":true,"duplicate":true}'
const NO = '{"received":false}'

/**
 * `node:http`, the body, one HMAC, an answer.
 * @param keep what is done with a good delivery before it is answered; tells whether it was new
 */
export function servePlainly(
  tenants: readonly BenchTenant[],
  keep: (token: string, body: Buffer) => boolean,
): void {
  const secrets = new Map(tenants.map(({ token, secret }) => [token, secret]))
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
      const token = String(req.url).slice('/webhook/'.length)
      const good = isSigned(body, String(req.headers['stripe-signature']), secrets.get(token) ?? '')
      const answer = !good ? NO : keep(token, body) ? NEW : KNOWN
      res.writeHead(good ? 200 : 400, { 'content-type': 'application/json', 'content-length': answer.length })
      res.end(answer)
    })
  })
  serveBench(server)
}

function isSigned(body: Buffer, header: string, secret: string): boolean {
  const [time = '', signature = ''] = header.split(',')
  const expected = createHmac('sha256', secret)
    .update(`${time.slice(2)}.`)
    .update(body)
    .digest()
  const given = Buffer.from(signature.slice(3), 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
