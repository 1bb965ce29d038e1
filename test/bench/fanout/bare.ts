import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { servePushes } from './serving.ts'

/** The bare limit: `ws`, and the text for each socket sent to it. The order of sockets is that of their numbers. */
const server = createServer()
const sockets = new Map<number, WebSocket>()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  sockets.set(Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('number')), socket)
})

const texts: string[] = []
const order = z.union([z.object({ texts: z.array(z.string()) }), z.object({ send: z.literal(true) })])
servePushes(server, (message) => {
  const given = order.parse(message)
  if ('texts' in given) texts.splice(0, texts.length, ...given.texts)
  else for (const [number, socket] of sockets) socket.send(texts[number] ?? '')
})
