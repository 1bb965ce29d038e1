import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { writeStreams } from '../../src/simulator/write.ts'

const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'simulate-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true })
})

const OPTIONS = { tenants: 3, days: 5, seed: 'w', incidents: 'on' } as const

test('equal arguments write equal bytes', () => {
  const [first, second] = [folder(), folder()]
  writeStreams({ ...OPTIONS, out: first })
  const written = writeStreams({ ...OPTIONS, out: second })
  expect(written.map(({ name }) => name)).toEqual(['tenant-01', 'tenant-02', 'tenant-03'])
  for (const name of ['tenant-01.jsonl', 'tenant-02.jsonl', 'tenant-03.jsonl', 'labels.json']) {
    expect(readFileSync(join(first, name)).equals(readFileSync(join(second, name)))).toBe(true)
  }
})

test('each line is one event, with its time of arrival beside it only where that is late', () => {
  const out = folder()
  const [tenant] = writeStreams({ ...OPTIONS, out, tenants: 1, days: 10 })
  const lines = readFileSync(join(out, 'tenant-01.jsonl'), 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(tenant?.events ?? 0)
  const events = lines.map((line): { object: string; created: number; received?: number } => JSON.parse(line))
  expect(events.every(({ object }) => object === 'event')).toBe(true)
  const late = events.filter(({ received }) => received !== undefined)
  expect(late.length).toBeLessThan(events.length / 5)
  expect(late.every(({ received = 0, created }) => received > created + 10)).toBe(true)
})

test('the truth lies beside the streams', () => {
  const out = folder()
  const written = writeStreams({ ...OPTIONS, out, days: 9 })
  const truth = JSON.parse(readFileSync(join(out, 'labels.json'), 'utf8'))
  expect(truth).toMatchObject({ seed: 'w', days: 9 })
  expect(truth.tenants).toMatchObject(
    written.map(({ name, labels }) => ({ name, file: `${name}.jsonl`, labels })),
  )
})
