import { expect, test } from 'vitest'
import { Remembered } from '../../src/storage/detection/remembered.ts'
import { TenantMemories } from '../../src/storage/detection/tenant-memories.ts'

const KB = 1_024

/** A memory of some size. */
function remembered(bytes: number): Remembered {
  const memory = new Remembered()
  memory.bytes = bytes
  return memory
}

test('the tenants that were served longest ago are forgotten first, and no more than has room is kept', () => {
  const memories = new TenantMemories(10 * KB)
  const kept = new Map(['a', 'b', 'c', 'd'].map((id) => [id, remembered(3 * KB)]))
  const serve = (id: string, version: number) => {
    memories.take(id, version)
    memories.keep(id, version + 1, kept.get(id) ?? remembered(0))
  }
  for (const id of ['a', 'b', 'c']) serve(id, 0)
  serve('a', 1)
  serve('d', 0)
  expect(memories.bytes).toBe(9 * KB)
  expect(memories.take('b', 1)).not.toBe(kept.get('b'))
  expect(memories.take('a', 2)).toBe(kept.get('a'))
  expect(memories.take('c', 1)).toBe(kept.get('c'))
  expect(memories.take('d', 1)).toBe(kept.get('d'))
})

test('what is taken out is nobody else’s, and counts no more until it is kept again', () => {
  const memories = new TenantMemories(10 * KB)
  const memory = remembered(4 * KB)
  memories.keep('a', 1, memory)
  expect(memories.take('a', 1)).toBe(memory)
  expect(memories.bytes).toBe(0)
  expect(memories.take('a', 1)).not.toBe(memory)
  memory.bytes = 5 * KB
  memories.keep('a', 2, memory)
  expect(memories.bytes).toBe(5 * KB)
})

test('a memory of another version than the tenant has now is thrown away', () => {
  const memories = new TenantMemories(10 * KB)
  const memory = remembered(4 * KB)
  memories.keep('a', 1, memory)
  expect(memories.take('a', 2)).not.toBe(memory)
  expect(memories.bytes).toBe(0)
})

test('one tenant with a lot pushes nobody out: it is not kept', () => {
  const memories = new TenantMemories(8 * KB * KB)
  const small = remembered(KB)
  memories.keep('small', 1, small)
  memories.keep('large', 1, remembered(5 * KB * KB))
  expect(memories.bytes).toBe(KB)
  expect(memories.take('small', 1)).toBe(small)
})
