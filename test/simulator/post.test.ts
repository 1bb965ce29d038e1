import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'
import { afterEach, describe, expect, test } from 'vitest'
import { INCIDENTS, incidentNamed } from '../../src/simulator/incidents/registry.ts'
import { PostError, type PostProgress, postStream } from '../../src/simulator/post.ts'
import { systemClock, toSeconds } from '../../src/time.ts'

const SECRET = 'whsec_simulated'
const { signature } = new Stripe('sk_test_simulated').webhooks

interface Posted {
  type: string
  created: number
  livemode: boolean
  id: string
}

let server: Server | undefined
afterEach(() => void server?.close())

/** A webhook that verifies as Stripe's own library does, and answers as it is told. */
async function webhook(
  answer: (response: ServerResponse, count: number) => void,
): Promise<{ url: string; posted: Posted[]; raw: string[] }> {
  const posted: Posted[] = []
  const raw: string[] = []
  let count = 0
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    try {
      signature?.verifyHeader(body, String(request.headers['stripe-signature']), SECRET, 300)
    } catch {
      response.writeHead(400).end('{"error":{"code":"BAD_SIGNATURE"}}')
      return
    }
    answer(response, ++count)
    if (response.statusCode === 200) {
      raw.push(body)
      posted.push(JSON.parse(body))
    }
  }
  const listening = createServer((request, response) => void receive(request, response))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/webhook/token`, posted, raw }
}

const accept = (response: ServerResponse): void => void response.end('{"received":true,"duplicate":false}')

describe('posting an incident', () => {
  test.each(INCIDENTS.filter(({ live }) => live))(
    '$name is signed as Stripe signs, in the present, in live mode',
    async (incident) => {
      const { url, posted, raw } = await webhook(accept)
      const began = toSeconds(systemClock.now())
      const progress: PostProgress[] = []
      const result = await postStream({
        url,
        secret: SECRET,
        incident,
        speed: 60,
        onProgress: (one) => progress.push(one),
      })
      expect(result).toMatchObject({ posted: posted.length, accepted: posted.length, duplicates: 0 })
      expect(progress.at(-1)).toMatchObject({ posted: result.posted, total: result.posted })
      expect(new Set(posted.map(({ id }) => id)).size).toBe(posted.length)
      expect(posted.every(({ livemode }) => livemode)).toBe(true)
      expect(raw[0]).toMatch(/^\{\n {2}"/)
      const now = toSeconds(systemClock.now())
      expect(Math.max(...posted.map(({ created }) => created))).toBeLessThanOrEqual(now)
      // Old events come only where it is about old events.
      const oldest = began - Math.min(...posted.map(({ created }) => created))
      if (incident.name === 'webhook-lag') expect(oldest).toBeGreaterThan(1_800)
      else expect(oldest).toBeLessThanOrEqual(240)
    },
  )

  test('a second run posts new events, the same seed at the same moment the same ones', async () => {
    const { url, posted } = await webhook(accept)
    const at = systemClock.now()
    const clock = { now: () => at }
    const post = (seed: string) =>
      postStream({
        url,
        secret: SECRET,
        incident: incidentNamed('duplicate-charge'),
        speed: 1_000,
        seed,
        clock,
      })
    await post('a')
    const first = posted
      .splice(0)
      .map(({ id }) => id)
      .sort()
    await post('a')
    const again = posted
      .splice(0)
      .map(({ id }) => id)
      .sort()
    await post('b')
    expect(again).toEqual(first)
    expect(posted.some(({ id }) => first.includes(id))).toBe(false)
  })

  test('what is throttled or refused for a moment is posted again after the time asked for', async () => {
    const { url, posted } = await webhook((response, count) => {
      if (count === 3) response.writeHead(429, { 'retry-after': '0' }).end('{}')
      else if (count === 9) response.writeHead(503, { 'retry-after': '0' }).end('{}')
      else accept(response)
    })
    const incident = incidentNamed('negative-invoice')
    const { statuses, accepted } = await postStream({ url, secret: SECRET, incident, speed: 60 })
    expect(statuses).toEqual({ 200: accepted, 429: 1, 503: 1 })
    expect(posted).toHaveLength(accepted)
  })

  test('a wrong secret ends it at once, with the answer', async () => {
    const { url } = await webhook(accept)
    const wrong = postStream({ url, secret: 'whsec_other', incident: incidentNamed('negative-invoice') })
    await expect(wrong).rejects.toThrow(/answered 400: .*BAD_SIGNATURE/)
  })

  test('where nobody listens it says so', async () => {
    const { url } = await webhook(accept)
    await new Promise((resolve) => server?.close(resolve))
    await expect(postStream({ url, secret: SECRET })).rejects.toThrow(PostError)
    await expect(postStream({ url, secret: SECRET })).rejects.toThrow(/does not answer/)
  })

  test('it can be stopped between two events', async () => {
    const { url } = await webhook(accept)
    const stop = new AbortController()
    const posting = postStream({
      url,
      secret: SECRET,
      incident: incidentNamed('charge-failure-spike'),
      signal: stop.signal,
      onProgress: ({ incident }) => incident && stop.abort(),
    })
    await expect(posting).rejects.toThrow(/abort/i)
  })
})
