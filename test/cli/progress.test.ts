import { describe, expect, it } from 'vitest'
import { Progress } from '../../src/cli/progress.ts'
import { Shell } from '../../src/cli/shell.ts'

/** What is written on standard error by steps at these times, in milliseconds. */
function written(
  isTTY: boolean,
  steps: readonly [at: number, done: number][],
  total: number | undefined,
): string {
  let now = 0
  let text = ''
  const stderr = { isTTY, write: (more: string) => (text += more) }
  const shell = new Shell({ stdin: (async function* () {})(), stdout: { write: () => {} }, stderr })
  const progress = new Progress(shell, 'Replaying', () => now)
  for (const [at, done] of steps) {
    now = at
    progress.step({ done, total, unit: 'events', also: '7 stored' })
  }
  progress.end()
  return text
}

describe('progress', () => {
  it('is one line on a terminal, with share, rate and time left, ten times a second at most', () => {
    expect(
      written(
        true,
        [
          [50, 1],
          [2_000, 2_500],
          [2_050, 2_600],
        ],
        10_000,
      ),
    ).toBe('\r\u001b[KReplaying: 25 %, 2,500 of 10,000 events, 1,250/s, 6 s left, 7 stored\r\u001b[K')
  })

  it('is a line every ten seconds where nobody looks, and none for short work', () => {
    expect(written(false, [[9_999, 5]], 10)).toBe('')
    const steps = Array.from({ length: 25 }, (_, i): [number, number] => [(i + 1) * 1_000, (i + 1) * 2])
    expect(written(false, steps, 50_000).split('\n')).toEqual([
      'Replaying: 0 %, 20 of 50,000 events, 2/s, 6 h 57 min left, 7 stored',
      'Replaying: 0 %, 40 of 50,000 events, 2/s, 6 h 56 min left, 7 stored',
      '',
    ])
  })

  it('says no share of what has no known end', () => {
    expect(written(true, [[1_000, 3]], undefined)).toContain('Replaying: 3 events, 3/s, 7 stored')
  })
})
