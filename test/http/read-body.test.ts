import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readBody } from '../../src/http/read-body.ts'

const MOST = 100_000

/** A server that answers with how many bytes it has read, and notes what became of each body. */
async function serve() {
  const outcomes: string[] = []
  const server = createServer((req, res) => {
    readBody(req, MOST).then(
      (body) => {
        outcomes.push(body ? `${body.length} bytes` : 'too large')
        res.writeHead(body ? 200 : 413).end(outcomes.at(-1))
      },
      () => outcomes.push('cut off'),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, outcomes }
}

test('a body is read to its end, whatever it comes in', async () => {
  const { port } = await serve()
  for (const size of [0, 1, 70_000, MOST]) {
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: 'x'.repeat(size) })
    expect(await response.text()).toBe(`${size} bytes`)
  }
})

test('of one that is too large nothing is kept, and the connection serves the next', async () => {
  const { port } = await serve()
  const socket = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  let answers = ''
  socket.on('data', (data) => {
    answers += data
  })
  const request = (size: number) =>
    `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n${'x'.repeat(size)}`
  socket.write(request(3 * MOST) + request(5))
  while (!answers.includes('5 bytes')) await once(socket, 'data')
  expect(answers).toContain('HTTP/1.1 413')
})

test('a client that goes before its end leaves a failure, not a body', async () => {
  const { port, outcomes } = await serve()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf')
  await once(socket, 'connect')
  socket.end()
  await expect.poll(() => outcomes).toEqual(['cut off'])
})
