import { describe, expect, it } from 'vitest'
import { calendarOf } from '../../src/calendar/calendar.ts'
import { DETECTOR_NAMES } from '../../src/detection/detector.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { FIRINGS, type Spoken } from '../support/firings.ts'
import { Merchant } from '../support/merchant.ts'
import { replaying } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { NEWEST } from '../support/stripe/versions.ts'

/** Half an hour off every whole one, so that a moment of UTC shows at once. */
const KOLKATA = { timezone: 'Asia/Kolkata', country: 'IN' }
const replay = replaying(['--timezone', KOLKATA.timezone, '--country', KOLKATA.country])

/** What a detector says in each of its ways, as a tenant in Kolkata reads it. */
const read = new Map<Spoken, Json>()

/** A full stop inside of a number or an id ends nothing. */
const sentences = (text: string): number => text.match(/[.!?](?=["”]?(\s|$))/g)?.length ?? 0

/** What nobody should read: times of UTC, values that were not formatted, and ids whose digits look like such. */
const SLIPS = /\bUTC\b|\bGMT\b|NaN|undefined|\bnull\b|Infinity|\[object|\d{5,}| {2}|\.\.|\d{4}-\d\d-\d\d/

const MOMENT = /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}(, \d\d:\d\d)?/

describe('what a shopkeeper in Kolkata reads', () => {
  const told = FIRINGS.map((one) => [one.detector, one.name, one] as const)

  it.each(told)('%s, %s: is plain', async (detector, _, one) => {
    const said = (await replay(one.history(new Merchant(NEWEST)))).filter(
      (each) => each['detector'] === detector,
    )
    const anomaly = said.at(one.at ?? 0)
    if (anomaly === undefined) throw new Error('nothing was said')
    read.set(one, anomaly)
    const { title, message, advice, impact, evidence } = anomaly
    for (const words of [title, message, advice]) {
      const [slip] = String(words).match(SLIPS) ?? []
      expect(slip, `not in words for people, or an id to name in the history: ${words}`).toBeUndefined()
    }
    expect(sentences(String(title))).toBe(0)
    expect(sentences(String(message)), String(message)).toBe(one.hasNote ? 3 : 2)
    expect(sentences(String(advice)), String(advice)).toBeLessThanOrEqual(2)
    expect(String(advice)).toMatch(/\.$/)
    if (impact !== null) expect(message).toMatch(/[$€]\d/)
    for (const [, figure = ''] of String(message).matchAll(/about [^\d\s]?([\d.,]*\d)/g))
      expect(figure.replace(/[.,]/g, '').replace(/^0+|0+$/g, '').length, figure).toBeLessThanOrEqual(2)
    for (const { name } of evidence as Json[]) expect(String(name).split(' ').length).toBeLessThanOrEqual(5)
  })

  it.each(told)('%s, %s: names times as clocks in Kolkata show them', async (_, __, one) => {
    const { message, startedAt } = read.get(one) ?? {}
    const at = one.names ?? Date.parse(String(startedAt)) / 1_000
    const calendar = await calendarOf(KOLKATA, at, at)
    if (one.names !== null) expect(message).toContain(calendar.momentInWords(at))
    else if (one.at === undefined) expect(message).toMatch(MOMENT)
  })

  it('is said by every detector', () => {
    expect([...new Set([...read.keys()].map(({ detector }) => detector))].sort()).toEqual(
      [...DETECTOR_NAMES].sort(),
    )
  })

  it('is what was agreed, word for word', async () => {
    const pages = [...read].map(([{ detector, name }, { title, message, advice, evidence }]) =>
      [
        `${detector}, ${name}`,
        title,
        message,
        advice,
        `(${(evidence as Json[]).map((one) => one['name']).join(', ')})`,
      ].join('\n'),
    )
    await expect(`${pages.join('\n\n')}\n`).toMatchFileSnapshot('messages.txt')
  })
})

describe('what a detector says of itself', () => {
  it.each(DETECTORS.map((one) => [one.name, one] as const))(
    '%s is plain',
    (_, { title, description, settings }) => {
      expect(title).not.toMatch(/[.]$/)
      const texts = [description, ...Object.values(settings).map((setting) => setting.description)]
      for (const text of texts) {
        expect(text).toMatch(/^[A-Z].*\.$/)
        expect(text).not.toMatch(/\b(told|tells?|patience|reckon\w*|so (many|long)|mend\w*|tries)\b/)
      }
    },
  )
})
