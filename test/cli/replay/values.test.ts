import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded } from '../../../src/cli/replay/input.ts'
import { UNREADABLE } from '../../../src/cli/replay/scanner.ts'
import { valuesOf } from '../../../src/cli/replay/values.ts'

/** The bytes in pieces of these lengths, over and over, so that everything is cut somewhere. */
async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
  }
}

async function read(bytes: Buffer | string, lengths: readonly number[] = [1_000_000]) {
  const values = []
  for await (const value of valuesOf(decoded(cut(Buffer.from(bytes), lengths)))) values.push(value)
  return values
}

const parsed = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map(({ text }) => (text === UNREADABLE ? 'unreadable' : JSON.parse(text)))

const events = [
  { id: 'evt_1', object: 'event', data: { object: { id: 'ch_1', items: [{ data: [1, 2] }, []] } } },
  { id: 'evt_2', object: 'event', data: { object: { text: 'a "quoted" \\ {[,]} line\nbreak € 🧾' } } },
  { id: 'evt_3', object: 'event', data: { object: {} }, received: 5 },
]
const list = { object: 'list', data: events, has_more: true, url: '/v1/events' }

const LAYOUTS: readonly (readonly [name: string, text: string])[] = [
  ['one value a line', events.map((event) => JSON.stringify(event)).join('\n')],
  [
    'one value a line, with blank lines between',
    events.map((event) => `\n${JSON.stringify(event)}\n`).join('\n'),
  ],
  ['an array', JSON.stringify(events)],
  ['an array on many lines', JSON.stringify(events, null, 2)],
  ['a list object', JSON.stringify(list)],
  ['a list object on many lines', JSON.stringify(list, null, 2)],
  ['a list object whose data comes first', JSON.stringify({ data: events, has_more: false, object: 'list' })],
  ['values on many lines', events.map((event) => JSON.stringify(event, null, 2)).join('\n')],
  [
    'pages on many lines',
    events.map((event) => JSON.stringify({ ...list, data: [event] }, null, 2)).join('\n'),
  ],
  ['a page a line', events.map((event) => JSON.stringify({ ...list, data: [event] })).join('\n')],
  ['an array of pages', JSON.stringify(events.map((event) => ({ ...list, data: [event] })))],
  ['an array a line', events.map((event) => JSON.stringify([event])).join('\n')],
]

const COATS: readonly (readonly [name: string, coat: (text: string) => Buffer])[] = [
  ['', (text) => Buffer.from(text)],
  [', with CRLF', (text) => Buffer.from(text.replaceAll('\n', '\r\n'))],
  [', with a byte order mark', (text) => Buffer.from(`\uFEFF${text}`)],
  [', packed with gzip', (text) => gzipSync(text)],
  [', packed with gzip with a byte order mark', (text) => gzipSync(`\uFEFF${text}\n`)],
  [', as UTF-16', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
]

describe('values are taken from', () => {
  it.each(
    LAYOUTS.flatMap(([name, text]) => COATS.map(([coat, put]) => [`${name}${coat}`, put(text)] as const)),
  )('%s, wherever the bytes are cut', async (_, bytes) => {
    expect(await parsed(bytes)).toEqual(events)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }),
        async (lengths) => {
          expect(await parsed(bytes, lengths)).toEqual(events)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('any JSON at all, as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1 }), fc.boolean(), async (values, pretty) => {
        const objects = values.map((value) => ({ id: 'evt', value }))
        const text = JSON.stringify(objects, null, pretty ? 2 : undefined)
        // As JSON has them: it has no -0.
        expect(await parsed(text, [7])).toEqual(JSON.parse(text))
      }),
    )
  })

  it('lines, each for itself: one that is broken spoils no other', async () => {
    const [first, second] = events.map((event) => JSON.stringify(event))
    const values = await read([first, '{"id":', 'not json', '"half', second, ''].join('\n'))
    expect(values.map(({ line, text }) => [line, text])).toEqual([
      [1, first],
      [2, '{"id":'],
      [3, 'not json'],
      [4, '"half'],
      [5, second],
    ])
  })

  it('a text on many lines up to where it breaks, and again behind it', async () => {
    const pretty = events.map((event) => JSON.stringify(event, null, 2))
    const text = `[${pretty[0]},\n{"id": "a string that does not end\n},\n${pretty[1]},\n${pretty[2]?.slice(0, 30)}`
    expect(await parsed(text)).toEqual([events[0], 'unreadable', events[1], 'unreadable'])
  })

  it('nothing where there is nothing', async () => {
    for (const text of [
      '',
      '\n\n',
      '[]',
      '[\n]',
      '{"object":"list","data":[]}',
      JSON.stringify({ ...list, data: [] }, null, 2),
    ])
      expect(await parsed(text)).toEqual([])
  })
})

describe('gzip', () => {
  it.each([
    ['that ends too early', (packed: Buffer) => packed.subarray(0, -12), /ends too early/],
    ['that is damaged', (packed: Buffer) => packed.fill(0x55, 30, 60), /is damaged/],
  ])('%s is an error that says so', async (_, damage, message) => {
    await expect(read(damage(gzipSync(JSON.stringify(events.concat(events)))))).rejects.toThrow(message)
  })
})
