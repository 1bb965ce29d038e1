import { describe, expect, it } from 'vitest'
import { nearMisses } from '../../src/config/near-misses.ts'
import { readConfig, VARIABLES } from '../../src/config.ts'

const known = VARIABLES.map(({ name }) => name)

describe('a variable that is nearly one of ours', () => {
  it.each([
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['redis_url', 'REDIS_URL'],
    ['BILLINGWATCH_PORT', 'PORT'],
    ['BILLING_WATCH_SECRET', 'BILLINGWATCH_SECRET'],
    ['BILINGWATCH_SECRET', 'BILLINGWATCH_SECRET'],
    ['MIN_FREE_DISC', 'MIN_FREE_DISK'],
    ['RETENTION_DAY', 'RETENTION_DAYS'],
  ])('%s is taken for %s', (given, meant) => {
    expect(nearMisses({ [given]: 'x' }, known)).toEqual([{ given, meant }])
    expect(readConfig({ [given]: 'x' }).warnings).toEqual([
      `${given} is set, but not read: did you mean ${meant}?`,
    ])
  })

  it('is reported for its prefix alone, too', () => {
    expect(readConfig({ BILLINGWATCH_COLOUR: 'red' }).warnings).toEqual([
      'BILLINGWATCH_COLOUR is set, but there is no such variable',
    ])
  })

  it.each([
    'POST',
    'PORTS',
    'HOSTNAME',
    'SORT',
    'HTTP_PROXY',
    'TEST_DATABASE_URL',
    'NODE_ENV',
    'PATH',
    'USER',
  ])('is not %s, which means something else', (given) => {
    expect(nearMisses({ [given]: 'x' }, known)).toEqual([])
  })

  it('is nobody else when ours is set as well, or when it is empty', () => {
    expect(nearMisses({ DATABASE_URI: 'x', DATABASE_URL: 'file:./x.db' }, known)).toEqual([])
    expect(nearMisses({ DATABASE_URI: '' }, known)).toEqual([])
  })
})
