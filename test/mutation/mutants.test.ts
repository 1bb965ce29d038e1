import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { spoilt } from './workshop.ts'

// Whether the tests notice them is for `npm run test:mutation`, a sample of which CI runs.

const root = join(import.meta.dirname, '..', '..')
const text = (file: string) => readFileSync(join(root, file), 'utf8')

it.each(MUTANTS.map((mutant) => [`${mutant.file}: ${mutant.name} (${mutant.by})`, mutant] as const))(
  '%s fits the source, and there are tests to notice it',
  (_name, mutant) => {
    expect(spoilt(text(mutant.file), mutant)).not.toBe(text(mutant.file))
    expect(mutant.tests.filter((test) => !existsSync(join(root, test)))).toEqual([])
  },
)

it('every file of the walls is spoilt somewhere, and every way of binding', () => {
  const files = new Set(MUTANTS.map(({ file }) => file))
  for (const file of [
    'storage/scope/bind.ts',
    'storage/scope/binder.ts',
    'storage/scope/scope.ts',
    'storage/current-tenant.ts',
    'storage/sqlite/tripwire.ts',
    'storage/postgres/session.ts',
  ])
    expect(files).toContain(`src/${file}`)
  const rewrites = [...text('src/storage/scope/bind.ts').matchAll(/^const (\w+): Rewrite/gm)].map(
    ([, name]) => name,
  )
  const spoiltRewrites = MUTANTS.filter(({ file }) => file === 'src/storage/scope/bind.ts').map((mutant) => {
    const before = text(mutant.file).slice(0, text(mutant.file).indexOf(mutant.find))
    return [...`${before}${mutant.find}`.matchAll(/^const (\w+): Rewrite/gm)].at(-1)?.[1]
  })
  expect(rewrites.filter((name) => !spoiltRewrites.includes(name))).toEqual([])
})
