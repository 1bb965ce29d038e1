import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AnyDetector } from '../../src/detection/detector.ts'
import type { Choices } from '../../src/detection/engine/choices.ts'
import { type Operation, StreamJudge } from '../../src/detection/engine/judge.ts'
import type { JudgedEvent } from '../../src/detection/engine/judged-event.ts'
import type { StoredState } from '../../src/detection/engine/keyed-state.ts'
import { KeyedStates, NewerStateError } from '../../src/detection/engine/states.ts'
import { DISORDER, TOO_LATE } from '../../src/detection/kit/disorder.ts'
import type { Seconds } from '../../src/time.ts'
import { counting, delivery } from '../support/detectors.ts'

const T = 1_700_000_000

/** Judges in batches, with everything through its stored form between them, as after a restart, unless the states are kept. */
function judgeInBatches(
  detectors: readonly AnyDetector[],
  batches: readonly JudgedEvent[][],
  until?: Seconds,
  choices: Choices = new Map(),
  kept?: KeyedStates,
) {
  const stored = new Map<string, StoredState>()
  const operations: Operation[] = []
  const failures = new Map<string, string>()
  const brokenTimers: string[] = []
  let clock: Seconds | undefined
  for (const [index, batch] of batches.entries()) {
    const states = kept ?? new KeyedStates(detectors)
    if (kept === undefined) states.load([...stored.values()])
    const judge = new StreamJudge(detectors, states, choices, clock)
    const judgement = judge.judge(batch, index === batches.length - 1 ? until : undefined)
    operations.push(...judgement.operations)
    for (const [id, error] of judgement.failures) failures.set(id, error)
    brokenTimers.push(...judgement.brokenTimers)
    const { saved, dropped } = states.changes()
    states.keep()
    for (const state of saved) stored.set(`${state.detector} ${state.key}`, state)
    for (const { detector, key } of dropped) stored.delete(`${detector} ${key}`)
    clock = judge.clock
  }
  return { operations, failures, brokenTimers, stored, clock }
}

const said = (operations: readonly Operation[]) =>
  operations.map(({ key, at, said: what }) => `${'finding' in what ? 'sign' : 'end'} ${key} ${at - T}`)

describe('judging a stream', () => {
  it('hands each key its own state, and says who said what when', () => {
    const events = [
      delivery('a', T, 'x'),
      delivery('b', T + 1, 'y'),
      delivery('c', T + 2, 'x'),
      delivery('d', T + 3, 'x'),
    ]
    const { operations } = judgeInBatches([counting()], [events])
    expect(said(operations)).toEqual(['sign x 3'])
    expect(operations[0]?.stripeId).toBe('d')
  })

  it('fires a timer only when deliveries are past it by the window of disorder', () => {
    const events = [delivery('a', T), delivery('b', T + 3_600 + DISORDER - 1), delivery('c', T + 9_999_999)]
    const { operations } = judgeInBatches([counting({ limit: 1 })], [events])
    expect(said(operations)).toEqual([
      'sign cus_1 0',
      `sign cus_1 ${3_600 + DISORDER - 1}`,
      `end cus_1 ${7_200 + DISORDER - 1}`,
      'sign cus_1 9999999',
    ])
  })

  it('fires what is due by the time that has come, when no event comes any more', () => {
    const { operations, stored } = judgeInBatches(
      [counting({ limit: 1 })],
      [[delivery('a', T)]],
      T + 3_600 + DISORDER,
    )
    expect(said(operations)).toEqual(['sign cus_1 0', 'end cus_1 3600'])
    expect(stored.size).toBe(0)
  })

  it('uses the settings of the tenant, and says nothing where a detector is turned off though it goes on learning', () => {
    const events = [delivery('a', T), delivery('b', T + 1)]
    const strict: Choices = new Map([['DUPLICATE_CHARGE', { enabled: true, values: { limit: 2 } }]])
    expect(said(judgeInBatches([counting()], [events], undefined, strict).operations)).toEqual([
      'sign cus_1 1',
    ])
    const off: Choices = new Map([['DUPLICATE_CHARGE', { enabled: false, values: { limit: 2 } }]])
    const muted = judgeInBatches([counting()], [events], undefined, off)
    expect(muted.operations).toEqual([])
    expect(muted.stored.get('DUPLICATE_CHARGE cus_1')?.state).toContain(String(T + 1))
  })

  it('keeps events that are far too late from rules about rates, but not from rules about single objects', () => {
    const events = [delivery('new', T), delivery('old', T - TOO_LATE - 1, 'late', TOO_LATE + 2)]
    const rate = judgeInBatches([counting({ limit: 1 })], [events])
    const object = judgeInBatches([counting({ limit: 1, perObject: true })], [events])
    expect(said(rate.operations)).toEqual(['sign cus_1 0'])
    expect(said(object.operations)).toEqual(['sign cus_1 0', `sign late ${-TOO_LATE - 1}`])
  })

  it('starts a key anew that was idle for longer than its detector remembers', () => {
    const events = [delivery('a', T), delivery('b', T + 1), delivery('c', T + 100_000)]
    const forgetful = counting({ idleAfter: 86_400, observe: counting().observe })
    const step = {
      ...forgetful,
      observe: (...args: Parameters<AnyDetector['observe']>) => ({
        ...forgetful.observe(...args),
        wakeAt: null,
      }),
    }
    expect(judgeInBatches([step], [events]).operations).toEqual([])
  })

  it.each([
    ['starts a key anew whose state says little, after the shorter time', 1, []],
    ['keeps one that says more for the longer time', 2, ['sign cus_1 100000']],
  ] as const)('%s', (_name, little, expected) => {
    const events = [delivery('a', T), delivery('b', T + 1), delivery('c', T + 100_000)]
    const detector = {
      ...counting({ idleAfter: 400 * 86_400 }),
      idleAfterOf: (state: unknown) =>
        z.object({ seen: z.array(z.number()) }).parse(state).seen.length > little ? 86_400 : 400 * 86_400,
    }
    const step: AnyDetector = {
      ...detector,
      observe: (...args) => ({ ...detector.observe(...args), wakeAt: null }),
    }
    for (const batches of [[events], events.map((event) => [event])])
      expect(said(judgeInBatches([step], batches).operations)).toEqual(expected)
  })

  describe('with state that another version stored', () => {
    const { stored } = judgeInBatches([counting()], [[delivery('a', T), delivery('b', T + 1)]])
    /** Judges one event more by a detector whose state has that version. */
    const then = (over: Partial<AnyDetector>) => {
      const detectors = [counting(over)]
      const states = new KeyedStates(detectors)
      states.load([...stored.values()])
      const judge = new StreamJudge(detectors, states, new Map(), T + 1)
      return said(judge.judge([delivery('c', T + 2)]).operations)
    }

    it('upgrades it step by step', () => {
      const upgrade = {
        1: (old: unknown) => ({ old }),
        2: (old: unknown) => (old as { old: unknown }).old,
      }
      expect(then({ stateVersion: 3, upgrade })).toEqual(['sign cus_1 2'])
    })

    it('starts anew what is older than its first upgrade', () => {
      expect(then({ stateVersion: 3, upgrade: { 2: (old) => old } })).toEqual([])
      expect(then({ stateVersion: 2 })).toEqual([])
    })

    it('refuses what a newer version stored, rather than write over it', () => {
      expect(() => then({ stateVersion: 0 })).toThrow(NewerStateError)
    })
  })
})

/** Throws on some events, after it has changed its draft. */
function brittle(name: 'REFUND_SPIKE' | 'FRAUD_SPIKE', on: (id: string) => boolean, limit = 1): AnyDetector {
  const whole = counting({ name, limit })
  return {
    ...whole,
    observe(state, fact, context) {
      const step = whole.observe(state, fact, context)
      if (on(fact.eventId)) throw new Error('odd event')
      return step
    },
  }
}

describe('a detector that throws', () => {
  it('fails that event alone: its own state is as if the event had not been, and other detectors go on', () => {
    const events = [delivery('a', T), delivery('bad', T + 1), delivery('c', T + 2)]
    const { operations, failures, stored } = judgeInBatches(
      [brittle('REFUND_SPIKE', (id) => id === 'bad'), counting({ limit: 1 })],
      [events],
    )
    expect([...failures]).toEqual([['bad', 'REFUND_SPIKE: odd event']])
    const by = (name: string) => operations.filter(({ detector }) => detector.name === name)
    expect(said(by('REFUND_SPIKE'))).toEqual(['sign cus_1 0', 'sign cus_1 2'])
    expect(said(by('DUPLICATE_CHARGE'))).toEqual(['sign cus_1 0', 'sign cus_1 1', 'sign cus_1 2'])
    expect(stored.get('REFUND_SPIKE cus_1')?.state).toBe(JSON.stringify({ seen: [T, T + 2] }))
  })

  it('is left out of the rest of a batch after ten errors, so that a broken rule costs little', () => {
    const events = Array.from({ length: 50 }, (_, i) => delivery(`e${String(i).padStart(2, '0')}`, T + i))
    const { failures, operations } = judgeInBatches(
      [brittle('REFUND_SPIKE', () => true), counting({ limit: 50 })],
      [events],
    )
    expect(failures.size).toBe(50)
    expect(said(operations)).toEqual(['sign cus_1 49'])
  })

  it('loses only the timer when it throws on one', () => {
    const whole = counting({ limit: 1 })
    const timerless: AnyDetector = {
      ...whole,
      onTimer() {
        throw new Error('odd timer')
      },
    }
    const { brokenTimers, stored, failures } = judgeInBatches([timerless], [[delivery('a', T)]], T + 90_000)
    expect(brokenTimers).toEqual(["DUPLICATE_CHARGE: odd timer (timer of 'cus_1')"])
    expect(failures.size).toBe(0)
    expect(stored.get('DUPLICATE_CHARGE cus_1')).toMatchObject({
      wakeAt: null,
      state: JSON.stringify({ seen: [T] }),
    })
  })
})

describe('what must always hold', () => {
  const stream = fc
    .array(fc.record({ gap: fc.integer({ min: 1, max: 3_000 }), customer: fc.constantFrom('x', 'y', 'z') }), {
      minLength: 1,
      maxLength: 60,
    })
    .map((steps) => {
      let at = T
      return steps.map(({ gap, customer }, index) => {
        at += gap
        return delivery(`evt_${index}`, at, customer)
      })
    })

  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 })
  const inBatches = (events: readonly JudgedEvent[], sizes: readonly number[]): JudgedEvent[][] => {
    const batches: JudgedEvent[][] = []
    for (let from = 0, i = 0; from < events.length; i += 1) {
      const size = sizes[i % sizes.length] ?? 1
      batches.push(events.slice(from, from + size))
      from += size
    }
    return batches
  }
  const until = T + 1_000_000

  it('is the same whatever the sizes of batches, and with a restart between any two', () => {
    fc.assert(
      fc.property(stream, sizes, (events, sizes) => {
        const whole = judgeInBatches([counting()], [events], until)
        const parts = judgeInBatches([counting()], inBatches(events, sizes), until)
        expect(said(parts.operations)).toEqual(said(whole.operations))
        expect([...parts.stored].sort()).toEqual([...whole.stored].sort())
      }),
    )
  })

  it('gives what belongs to a late fact of a single object six hours to come, and no more', () => {
    const newest = T + 2 * 86_400
    const late = delivery('b', T, 'x', newest - T)
    const events = [delivery('a', newest, 'y'), late]
    const until = newest + 6 * 3_600 + DISORDER
    const ends = (detector: AnyDetector, by: Seconds) =>
      said(judgeInBatches([detector], [events], by).operations).filter((what) => what.startsWith('end x'))
    expect(ends(counting({ perObject: true }), until - 1)).toEqual([])
    expect(ends(counting({ perObject: true }), until)).toEqual([`end x ${newest + 6 * 3_600 - T}`])
    expect(ends(counting(), newest)).toEqual(['end x 3600'])
  })

  it('is the same with states that outlive their batches, whatever throws meanwhile', () => {
    fc.assert(
      fc.property(stream, sizes, fc.array(fc.nat({ max: 59 })), (events, sizes, odd) => {
        const throwing = new Set(odd.map((index) => `evt_${index}`))
        const detectors = [counting(), brittle('REFUND_SPIKE', (id) => throwing.has(id), 2)]
        const batches = inBatches(events, sizes)
        const restarted = judgeInBatches(detectors, batches, until)
        const kept = judgeInBatches(detectors, batches, until, new Map(), new KeyedStates(detectors))
        expect(said(kept.operations)).toEqual(said(restarted.operations))
        expect([...kept.failures]).toEqual([...restarted.failures])
        expect([...kept.stored].sort()).toEqual([...restarted.stored].sort())
      }),
    )
  })
})
