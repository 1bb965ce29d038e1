import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

const metafile = z.object({
  outputs: z.record(
    z.string(),
    z.object({
      entryPoint: z.string().optional(),
      cssBundle: z.string().optional(),
      imports: z.array(z.object({ path: z.string(), kind: z.string(), external: z.boolean().optional() })),
      inputs: z.record(z.string(), z.unknown()),
    }),
  ),
})

type Outputs = z.infer<typeof metafile>['outputs']

/** As on the wire, where a kilobyte is 1,000 bytes. */
const kilobytes = (path: string): number => gzipSync(readFileSync(path), { level: 9 }).length / 1000

/** A file of the page with all that it cannot run without. */
function withStaticImports(outputs: Outputs, path: string, seen = new Set<string>()): Set<string> {
  seen.add(path)
  for (const { path: to, kind } of outputs[path]?.imports ?? [])
    if (kind === 'import-statement' && !seen.has(to)) withStaticImports(outputs, to, seen)
  return seen
}

describe('the size of the page, gzipped', () => {
  let folder: string
  let outputs: Outputs
  let first: Set<string>

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'billingwatch-page-'))
    const script = z
      .object({ scripts: z.object({ 'bundle:dashboard': z.string() }) })
      .parse(JSON.parse(readFileSync('package.json', 'utf8'))).scripts['bundle:dashboard']
    const [command = '', ...options] = script.replaceAll('dist/dashboard', folder).split(' ')
    execFileSync(join('node_modules/.bin', command), options)
    outputs = metafile.parse(JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))).outputs
    const [main = ''] = Object.keys(outputs).filter(
      (path) => outputs[path]?.entryPoint === 'src/dashboard/main.tsx',
    )
    first = withStaticImports(outputs, main)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const scripts = (): string[] => Object.keys(outputs).filter((path) => path.endsWith('.js'))

  it('is at most 140 kB of script before the first screen', () => {
    const size = [...first].reduce((sum, path) => sum + kilobytes(path), 0)
    expect(size).toBeGreaterThan(50)
    expect(size).toBeLessThanOrEqual(140)
  })

  it('is at most 15 kB of styles', () => {
    const sheets = Object.keys(outputs).filter((path) => path.endsWith('.css'))
    expect(sheets.length).toBeGreaterThan(0)
    expect(sheets.reduce((sum, path) => sum + kilobytes(path), 0)).toBeLessThanOrEqual(15)
  })

  it('is at most 20 kB for each part that is loaded when it is needed, 30 with the charts', () => {
    const later = scripts().filter((path) => !first.has(path))
    for (const path of later) {
      const charts = Object.keys(outputs[path]?.inputs ?? {}).some((input) => input.includes('uplot'))
      expect(kilobytes(path), path).toBeLessThanOrEqual(charts ? 30 : 20)
    }
  })

  it('asks for no file but its own', () => {
    expect(
      Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external)),
    ).toEqual([])
  })
})
