import type { IncomingMessage } from 'node:http'

/**
 * The body of a request, from Node's own stream.
 * @returns undefined for one of more than `most` bytes, the rest of which is dropped as it comes
 * @throws when the client has gone before its end
 */
export function readBody(req: IncomingMessage, most: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const cutOff = () => reject(new Error('the request was cut off'))
    if (req.destroyed) return cutOff()
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= most) chunks.push(chunk)
      else {
        chunks.length = 0
        resolve(undefined)
      }
    })
    req.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    req.on('error', cutOff)
    // It follows every end; only without one it says something.
    req.on('close', () => {
      if (!req.complete) cutOff()
    })
  })
}
