import { expect, test } from 'vitest'
import { Quota } from '../../src/graphql/quota.ts'

test('a quota is of each key, and what is given back twice counts once', () => {
  const quota = new Quota(2, 'sockets')
  const first = quota.take('a')
  quota.take('a')
  expect(() => quota.take('a')).toThrow('More than 2 sockets are open at once.')
  expect(() => quota.take('b')).not.toThrow()
  first()
  first()
  quota.take('a')
  expect(() => quota.take('a')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
})
