import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DETECTORS } from '../src/detection/registry.ts'
import { TENANT_TABLES } from '../src/storage/tenant-tables.ts'
import { SEALED_COLUMNS } from '../src/tenancy/move/sealed-columns.ts'
import { detectorNames, lacking } from './conventions/detector-places.ts'
import { circles, importGraph, roomOf, upwardImports } from './conventions/imports.ts'
import { stalePages, withPart } from './docs/pages.ts'

const root = join(import.meta.dirname, '..')

/** Every source file below `folder`, generated ones left out, by its path from the top. */
function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (path === join('src', 'generated')) return []
    if (statSync(join(root, path)).isDirectory()) return sources(path)
    return /\.tsx?$/.test(path)
      ? [{ path: relative('.', path), text: readFileSync(join(root, path), 'utf8') }]
      : []
  })
}

const src = sources('src')

/** The tenant itself, and what is the operator's. */
const OF_NO_TENANT = new Set(['Tenant', 'OperatorSession'])

/** Paths of the sources that match, save those that may. */
const offenders = (pattern: RegExp, allowed: readonly (string | RegExp)[]): string[] =>
  src
    .filter(
      ({ path, text }) =>
        pattern.test(text) &&
        !allowed.some((one) => (typeof one === 'string' ? one === path : one.test(path))),
    )
    .map(({ path }) => path)

/** Whether a document is in the repository, named from the top, from the file's folder, or by its name alone. */
const isDocument = (name: string, from: string): boolean =>
  [name, join(dirname(from), name), join('.github', name), join('src/detection', name)].some((path) =>
    existsSync(join(root, path)),
  )

describe('conventions', () => {
  it('closes what helpers of tests open by atEnd: the hook of vitest does nothing when called inside a test', () => {
    const helpers = sources('test').filter(({ path }) => !/\.test\.tsx?$|support\/endings\.ts$/.test(path))
    expect(helpers.filter(({ text }) => /\bafterAll\b/.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('reads the environment in one file', () => {
    expect(offenders(/\bprocess\.env\b/, ['src/config.ts'])).toEqual([])
  })

  it('reads a clock in one file', () => {
    expect(
      offenders(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, [
        'src/time.ts',
        'src/dashboard/clock.ts',
      ]),
    ).toEqual([])
  })

  it('has raw SQL in storage alone', () => {
    const statement = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^'`\n]*"[A-Z]/
    expect(offenders(statement, [/^src\/storage\//])).toEqual([])
  })

  it('does nothing by itself for a tenant that is cut off or moved: it asks by storage/served.ts', () => {
    expect(
      offenders(/"suspendedAt" IS NULL AND t\."deletedAt" IS NULL/, [
        'src/storage/served.ts',
        /^src\/storage\/(endpoint|key|session)-lookup\.ts$/,
      ]),
    ).toEqual([])
  })

  it('builds Prisma clients in storage alone', () => {
    expect(offenders(/new PrismaClient\(/, [/^src\/storage\//])).toEqual([])
  })

  describe('imports', () => {
    const graph = importGraph(new Map(src.map(({ path, text }) => [relative('src', path), text])))

    it('knows the room of every file', () => {
      expect([...graph.keys()].filter((path) => roomOf(path) === undefined)).toEqual([])
    })

    it('lets none point up, in the order of conventions/rooms.ts', () => {
      expect(upwardImports(graph)).toEqual([])
    })

    it('lets none lead in a circle', () => {
      expect(circles(graph)).toEqual([])
    })

    it('keeps the page apart: it is a client of the API, and nothing is a client of it', () => {
      const inside = (path: string): boolean => path.startsWith('dashboard/')
      const crossing = [...graph].flatMap(([from, imported]) =>
        imported.filter((to) => inside(from) !== inside(to)).map((to) => `${from} → ${to}`),
      )
      expect(crossing).toEqual([])
      expect([...graph.keys()].filter(inside).length).toBeGreaterThan(5)
    })

    it('finds what points up, and circles, in files that have them', () => {
      const bad = importGraph(
        new Map([
          ['time.ts', "import type { Bus } from './bus/bus.ts'"],
          ['bus/bus.ts', "import { a } from './memory.ts'"],
          ['bus/memory.ts', "const b = await import('./bus.ts')"],
          ['detection/kit/words.ts', "export { x } from '../engine/judge.ts'"],
          ['detection/engine/judge.ts', "import { words } from '../kit/words.ts'"],
        ]),
      )
      expect(upwardImports(bad)).toEqual([
        'detection/kit/words.ts → detection/engine/judge.ts',
        'time.ts → bus/bus.ts',
      ])
      expect(circles(bad)).toEqual([
        ['bus/bus.ts', 'bus/memory.ts'],
        ['detection/engine/judge.ts', 'detection/kit/words.ts'],
      ])
    })
  })

  it('keeps detectors pure: they import from detection, facts, money, time and the calendar alone', () => {
    const allowed =
      /^src\/(detection\/(statistics\/|kit\/|detector\.ts)|stripe\/(facts|mark|money|local-currency|references)\.ts|time\.ts|calendar\/(calendar|periods)\.ts)/
    const folder = 'src/detection/detectors/'
    const strange = src
      .filter(({ path }) => path.startsWith(folder))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/from '([^']+)'/g)].map(
          ([, from = '']) => [path, join(dirname(path), from)] as const,
        ),
      )
      // Its own folder, but not another detector's: what several use is in the kit.
      .filter(
        ([path, imported]) => dirname(path) === folder.slice(0, -1) || dirname(imported) !== dirname(path),
      )
      .filter(([, imported]) => !allowed.test(imported))
    expect(strange).toEqual([])
  })

  it('raises the version of what is remembered of a tenant wherever that is written', () => {
    const remembered = '(DetectorSetting|DetectorState|Stream|HeldEvent|Anomaly)'
    const written = new RegExp(
      [
        `(INSERT INTO|UPDATE|DELETE FROM) "${remembered}"`,
        `table: '${remembered}'`,
        '\\.(detectorSetting|detectorState|stream|heldEvent|anomaly)\\.(create|update|upsert|delete)',
        'timezone: wanted\\.timezone \\?\\? tenant',
      ].join('|'),
    )
    const writers = src.filter(({ text }) => written.test(text)).map(({ path }) => path)
    // What detection itself records: the version is compared and raised where the transaction is (recording, history).
    const recording = /^src\/storage\/detection\/saving(-incidents)?\.ts$/
    expect(writers.filter((path) => recording.test(path))).toHaveLength(2)
    const others = writers.filter((path) => !recording.test(path))
    expect(others).toContain('src/anomalies/act.ts')
    expect(others).toContain('src/storage/retention.ts')
    const text = new Map(src.map((file) => [file.path, file.text]))
    expect(others.filter((path) => !/\braiseVersion(In)?\(/.test(text.get(path) ?? ''))).toEqual([])
  })

  it('keeps the simulator apart from the detection that it judges', () => {
    expect(
      src
        .filter(({ path, text }) => path.startsWith('src/simulator/') && /from '[^']*detection\//.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })

  it('has every detector in all the places that the README names', () => {
    const files = [...src, ...sources('test')].map(({ path }) => path)
    expect(detectorNames().flatMap((name) => lacking(name, files))).toEqual([])
    expect(new Set(DETECTORS.map(({ name }) => name)).size).toBe(DETECTORS.length)
    expect(lacking('NO_SUCH', files).length).toBe(12)
  })

  it('gives every setting a default within its bounds, and a description', () => {
    for (const { name, settings } of DETECTORS) {
      for (const [setting, { min, max, default: usual, description }] of Object.entries(settings)) {
        expect(min <= usual && usual <= max, `${name}.${setting}`).toBe(true)
        expect(description.length, `${name}.${setting}`).toBeGreaterThan(10)
      }
    }
  })

  it('has what is generated in README.md, docs/ and .env.example as npm run docs writes it', async () => {
    expect(await stalePages()).toEqual([])
    expect(() => withPart('no place here', 'keys', '')).toThrow('there is no place for keys')
  })

  it('refers in its comments to no document but those that are here', () => {
    const files = [...src, ...sources('test')]
    const strange = files.flatMap(({ path, text }) =>
      [...text.matchAll(/[\w./-]*\b[\w-]+\.md\b/g)]
        .map(([name]) => name)
        .filter((name) => !isDocument(name, path))
        .map((name) => `${path}: ${name}`),
    )
    expect(strange).toEqual([])
  })

  it('names in its README no files but those that are here', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const named = [...readme.matchAll(/(?<![\w/])(?:src|test|docs|prisma)\/[\w./-]*\w/g)].map(
      ([path]) => path,
    )
    expect(named.length).toBeGreaterThan(20)
    // The example that "Adding a detector" goes through is nobody's.
    const missing = named.filter((path) => !path.includes('my-detector') && !existsSync(join(root, path)))
    expect(missing).toEqual([])
  })

  it('cites only sections of src/detection/README.md that it has', () => {
    const headings = new Set(
      [...readFileSync(join(root, 'src/detection/README.md'), 'utf8').matchAll(/^#+ (.+)$/gm)].map(
        ([, heading]) => heading,
      ),
    )
    const cited = src.flatMap(({ text }) =>
      [...text.replaceAll(/\n \* /g, ' ').matchAll(/README\.md, "([^"]+)"/g)].map(([, heading]) => heading),
    )
    expect(cited.length).toBeGreaterThan(5)
    expect(cited.filter((heading) => !headings.has(heading))).toEqual([])
  })

  it('leads every table but Tenant and OperatorSession with the tenant, and carries it in every reference', () => {
    const models = readFileSync(join(root, 'prisma/models.prisma'), 'utf8').matchAll(
      /^model (\w+) \{\n([\s\S]*?)^\}/gm,
    )
    for (const [, name, body = ''] of models) {
      if (name === 'Tenant' || name === 'OperatorSession') continue
      expect(body, name).toMatch(/@@id\(\[tenantId, |tenantId +String +@id/)
      for (const [, fields = ''] of body.matchAll(/@relation\(fields: \[([^\]]+)\]/g))
        expect(fields, name).toMatch(/^tenantId/)
    }
  })

  it('gives every table of a tenant its place in erasing and in copy, and every sealed column its purpose', () => {
    const models = [
      ...readFileSync(join(root, 'prisma/models.prisma'), 'utf8').matchAll(
        /^model (\w+) \{\n([\s\S]*?)^\}/gm,
      ),
    ].map(([, name = '', body = '']) => ({ name, body }))
    const ofTenants = models.map(({ name }) => name).filter((name) => !OF_NO_TENANT.has(name))
    expect(TENANT_TABLES.map(([table]) => table).sort()).toEqual(ofTenants.sort())
    for (const [table, ...key] of TENANT_TABLES) {
      const body = models.find(({ name }) => name === table)?.body ?? ''
      const [, list] = /@@id\(\[tenantId, ([^\]]+)\]/.exec(body) ?? []
      expect([table, ...key]).toEqual([table, ...(list?.split(', ') ?? ['tenantId'])])
    }
    const sealed = models.flatMap(({ name, body }) =>
      [...body.matchAll(/^ {2}(sealed|\w+Sealed) /gm)].map(([, column]) => `${name}.${column}`),
    )
    const known = Object.entries(SEALED_COLUMNS).flatMap(([table, columns]) =>
      Object.keys(columns).map((column) => `${table}.${column}`),
    )
    expect(known.sort()).toEqual(sealed.sort())
  })

  it('keeps files short enough to be about one thing', () => {
    const long = [...src, ...sources('test')]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ path, lines }) => lines > (path.startsWith('test') ? 500 : 300))
    expect(long).toEqual([])
  })

  it('has no unchecked casts and no switched-off checks', () => {
    expect(
      offenders(/\bas any\b|: any\b|as unknown as|@ts-ignore|@ts-expect-error|biome-ignore/, []),
    ).toEqual([])
  })
})
