import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Jump, TimerTime } from '../../src/time/timer-time.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const DAY = 86_400

let clock: SteppedClock
let jumps: Jump[]
beforeEach(() => {
  clock = new SteppedClock()
  jumps = []
})

const timerTime = (witness?: () => Promise<Date>) =>
  new TimerTime({ clock, witness, onJump: (jump) => void jumps.push(jump) })

/** Looks once a second for so long. */
async function pass(time: TimerTime, seconds: number): Promise<Date> {
  for (let n = 0; n < seconds; n++) {
    clock.forward(1)
    await time.now()
  }
  return time.now()
}

const outcomes = () => jumps.map(({ outcome, seconds }) => [outcome, seconds])

describe('the time that timers go by', () => {
  it('does not follow a clock that is ten days ahead for four seconds', async () => {
    const time = timerTime()
    await pass(time, 5)
    const before = clock.now()
    clock.jump(10 * DAY)
    expect(await pass(time, 4)).toEqual(new Date(before.getTime() + 4_000))
    clock.jump(-10 * DAY)
    expect(await pass(time, 1)).toEqual(clock.now())
    expect(outcomes()).toEqual([
      ['ignored', 10 * DAY],
      ['reversed', 10 * DAY],
    ])
  })

  it.each([
    [60, []],
    [61, [['ignored', 61]]],
    [-60, []],
    [-61, [['ignored', -61]]],
  ])('takes a step of %i s for what it is', async (step, said) => {
    const time = timerTime()
    clock.jump(step)
    expect((await time.now()).getTime() === clock.now().getTime()).toBe(said.length === 0)
    expect(outcomes()).toEqual(said)
  })

  it.each([10 * DAY, -3_600])(
    'follows a jump of %i s once it has stood for ten minutes, and not before',
    async (by) => {
      const time = timerTime()
      clock.jump(by)
      await time.now()
      expect(await pass(time, 599)).not.toEqual(clock.now())
      expect(await pass(time, 1)).toEqual(clock.now())
      expect(outcomes()).toEqual([
        ['ignored', by],
        ['followed', by],
      ])
      expect(await pass(time, 60)).toEqual(clock.now())
    },
  )

  it('begins to wait anew when the clock jumps again', async () => {
    const time = timerTime()
    clock.jump(DAY)
    await pass(time, 599)
    clock.jump(DAY)
    expect(await pass(time, 599)).not.toEqual(clock.now())
    expect(await pass(time, 2)).toEqual(clock.now())
  })

  it('does not follow what a second clock contradicts, however long it stands', async () => {
    let theirs = clock.now()
    const time = timerTime(async () => theirs)
    clock.jump(DAY)
    for (let n = 0; n < 60; n++) {
      await pass(time, 60)
      theirs = new Date(clock.now().getTime() - DAY * 1_000)
    }
    expect(await time.now()).toEqual(theirs)
    theirs = clock.now()
    expect(await time.now()).toEqual(clock.now())
  })

  it('believes the clock at the start, so that a weekend that the process was down has passed', async () => {
    const time = timerTime()
    clock.jump(2 * DAY)
    expect(await time.now()).not.toEqual(clock.now())
    expect(await timerTime().now()).toEqual(clock.now())
  })

  it('never leaves the steady clock by more than a minute a look, but where a jump has stood for ten', async () => {
    const step = fc.record({
      passed: fc.integer({ min: 0, max: 120 }),
      jump: fc.integer({ min: -DAY, max: DAY }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        clock = new SteppedClock()
        const time = timerTime()
        let [last, steady] = [await time.now(), clock.steady()]
        for (const { passed, jump } of steps) {
          clock.forward(passed)
          clock.jump(jump)
          jumps = []
          const now = await time.now()
          const left = now.getTime() - last.getTime() - (clock.steady() - steady)
          if (!jumps.some(({ outcome }) => outcome === 'followed'))
            expect(Math.abs(left)).toBeLessThanOrEqual(60_000)
          ;[last, steady] = [now, clock.steady()]
        }
      }),
    )
  })
})
