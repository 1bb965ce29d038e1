import { describe, expect, it } from 'vitest'
import { readable } from '../src/log/readable.ts'
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

describe('on a terminal', () => {
  const read = (act: (log: ReturnType<typeof createLogger>) => void, colours = false) =>
    readable(written(act)[0] ?? '', colours)

  it('an entry is a line for people: when, what, and what is known of it', () => {
    const line = read((log) =>
      log.info({ url: 'http://127.0.0.1:4000', tenants: 3, name: 'Acme Ltd' }, 'listening'),
    )
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d listening url=http:\/\/127\.0\.0\.1:4000 tenants=3 name="Acme Ltd"\n$/,
    )
    expect(read((log) => log.warn('slow'))).toMatch(/^\S+ warn slow\n$/)
    expect(read((log) => log.warn('slow'), true)).toContain('\u001b[33mwarn\u001b[0m')
  })

  it('an error says where it came from, in lines of its own, with what caused it', () => {
    const err = new Error('failed', { cause: new Error('socket') })
    const lines = read((log) => log.error({ err }, 'storing')).split('\n')
    expect(lines[0]).toMatch(/error storing$/)
    expect(lines[1]).toBe('  Error: failed')
    expect(lines).toContain('  Error: socket')
  })

  it('what came from outside moves no cursor and begins no line', () => {
    const line = read((log) => log.info({ name: 'a\u001b[2Jb\nc' }, 'made\r\nforged'))
    expect(line).toContain('made\\r\\nforged')
    expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u)
  })

  it('what is no entry stays as it is', () => {
    expect(readable('not JSON\n', false)).toBe('not JSON\n')
  })
})
