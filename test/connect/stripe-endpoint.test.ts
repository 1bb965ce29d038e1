import { expect, it } from 'vitest'
import { unreachable } from '../../src/connect/stripe-endpoint.ts'

it.each([
  'http://localhost:4000/w/1',
  'https://127.0.0.1/w/1',
  'https://10.0.0.5/w/1',
  'https://192.168.1.4/w/1',
  'https://172.20.0.2/w/1',
  'https://169.254.1.1/w/1',
  'https://[::1]/w/1',
  'https://billing/w/1',
])('Stripe cannot reach %s, and what to do is said', (url) => {
  expect(unreachable(url, { livemode: false, ownStripe: true })).toMatch(
    /^Stripe cannot reach http.*: set PUBLIC_URL .* --no-endpoint/,
  )
  // A stand-in or a proxy delivers.
  expect(unreachable(url, { livemode: false, ownStripe: false })).toBeUndefined()
})

it('Stripe delivers live events to https alone, and test ones to http as well', () => {
  const url = 'http://billing.example.com/w/1'
  expect(unreachable(url, { livemode: true, ownStripe: true })).toContain(
    'set PUBLIC_URL to an https address',
  )
  expect(unreachable(url, { livemode: false, ownStripe: true })).toBeUndefined()
  expect(unreachable('https://172.32.0.1/w/1', { livemode: true, ownStripe: true })).toBeUndefined()
})
