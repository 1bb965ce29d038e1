import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

it('the tests that SECURITY.md names are there', () => {
  const text = readFileSync(join(root, '.github/SECURITY.md'), 'utf8')
  const named = [...text.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
