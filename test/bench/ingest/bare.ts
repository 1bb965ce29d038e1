import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { serveBench } from './serving.ts'
import type { BenchTenant } from './workload.ts'

/** The bare limit: `node:http`, the body, one HMAC, an answer. It stores nothing. */
const tenants = JSON.parse(process.argv[2] ?? '[]') as BenchTenant[]
const secrets = new Map(tenants.map(({ token, secret }) => [token, secret]))
const OK = '{"received":true,"duplicate":false}'
const NO = '{"received":false}'

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
    const secret = secrets.get(String(req.url).slice('/webhook/'.length)) ?? ''
    const [time = '', signature = ''] = String(req.headers['stripe-signature']).split(',')
    const expected = createHmac('sha256', secret)
      .update(`${time.slice(2)}.`)
      .update(body)
      .digest()
    const given = Buffer.from(signature.slice(3), 'hex')
    const good = given.length === expected.length && timingSafeEqual(given, expected)
    const answer = good ? OK : NO
    res.writeHead(good ? 200 : 400, { 'content-type': 'application/json', 'content-length': answer.length })
    res.end(answer)
  })
})
serveBench(server)
