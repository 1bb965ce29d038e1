import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvLines } from '../../src/export/csv.ts'

describe('CSV', () => {
  test.each([
    ['plain text', 'abc', 'abc'],
    ['a comma', 'a,b', '"a,b"'],
    ['quotes', 'say "hi"', '"say ""hi"""'],
    ['lines', 'a\r\nb', '"a\r\nb"'],
    ['a formula', '=1+1', "'=1+1"],
    ['a formula with a call', '@SUM(A1)', "'@SUM(A1)"],
    ['a plus', '+49 30', "'+49 30"],
    ['a minus', '-2+3', "'-2+3"],
    ['a tab', '\t=1', "'\t=1"],
    ['a carriage return', '\r=1', '"\'\r=1"'],
    ['a new line', '\n=1', '"\'\n=1"'],
    ['a formula in quotes', '="a,b"', '"\'=""a,b"""'],
    ['a negative number', -5, '-5'],
    ['a large number', 123_456_789_012_345n, '123456789012345'],
    ['what steers a terminal', 'a\u001b[2J\u001b]0;b\u0007c', 'a\u241b[2J\u241b]0;b\u2407c'],
    ['the same in one character', 'a\u009b2Jb', 'a\ufffd2Jb'],
    ['what makes a line run backwards', 'a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
    ['a formula behind what is not seen', '\u0000=1+1', '\u2400=1+1'],
    ['a tab and lines within', 'a\tb\nc', '"a\tb\nc"'],
    ['nothing', null, ''],
    ['false', false, 'false'],
    ['a time', new Date('2026-01-02T03:04:05.006Z'), '2026-01-02T03:04:05.006Z'],
  ])('writes %s', (_name, cell, expected) => {
    expect(csvLines([[cell, 'x']])).toBe(`${expected},x\r\n`)
  })

  test('gives a reader back what went in, and never a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (cells) => {
        const read = readLine(csvLines([cells]))
        const text = read.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, ''))
        expect(text.map(seen)).toEqual(cells.map(seen))
        for (const cell of read) {
          expect(cell).not.toMatch(/^[=+\-@\t\r]/)
          expect(cell.replace(/[\t\r\n]/g, '')).not.toMatch(/\p{Cc}/u)
        }
      }),
    )
  })
})

/** The same whatever stands for a character that steers a terminal. */
const seen = (text: string): string =>
  text
    .replace(/[\t\r\n]/g, (character) => `<${character.charCodeAt(0)}>`)
    .replace(/[\p{Cc}\u2400-\u2421\ufffd\u202a-\u202e\u2066-\u2069]/gu, '.')

/** A reader of one record by RFC 4180. */
function readLine(text: string): string[] {
  const cells: string[] = []
  let rest = text.slice(0, -2)
  for (;;) {
    const [whole, quoted, plain = ''] = /^(?:"((?:[^"]|"")*)"|([^,]*))(?=,|$)/s.exec(rest) ?? ['']
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (rest.length === whole.length) return cells
    rest = rest.slice(whole.length + 1)
  }
}
