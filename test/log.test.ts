import { expect, it } from 'vitest'
import { createLogger, tokenMark } from '../src/log.ts'

const written = (act: (log: ReturnType<typeof createLogger>) => void, level: 'info' | 'silent' = 'info') => {
  const lines: string[] = []
  act(createLogger(level, { write: (line: string) => void lines.push(line) }))
  return lines
}

it('writes JSON lines of its level and above', () => {
  const lines = written((log) => {
    log.debug('quiet')
    log.warn({ outcome: 'stale' }, 'loud')
  })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'loud', outcome: 'stale', service: 'billingwatch' })
  expect(written((log) => log.error('no'), 'silent')).toEqual([])
})

it('tells of an error where and why, but not what drivers hang on it', () => {
  const cause = Object.assign(new Error('socket'), { secret: 'whsec_inner' })
  const err = Object.assign(new Error('failed', { cause }), {
    code: '23505',
    detail: 'Key (payload)=(whsec_outer)',
    payload: 'whsec_body',
  })
  const [line = ''] = written((log) => log.error({ err }, 'storing'))
  expect(JSON.parse(line).err).toMatchObject({
    message: 'failed',
    code: '23505',
    cause: { message: 'socket' },
  })
  expect(line).not.toContain('whsec_')
})

it('marks a token without showing any of it', () => {
  const token = 'AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD'
  expect(tokenMark(token)).toMatch(/^[0-9a-f]{12}$/)
  expect(tokenMark(token)).toBe(tokenMark(token))
  expect(tokenMark(`${token}x`)).not.toBe(tokenMark(token))
})
