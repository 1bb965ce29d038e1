import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

const root = join(import.meta.dirname, '..', '..')
const COPIED = [
  'src',
  'test',
  'prisma',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'schema.graphql',
  'README.md',
  'docs',
  '.github',
  '.env.example',
]

/** What the tests said of the sources as they stood: `broken` when they could not even begin. */
export type Verdict = 'green' | 'red' | 'broken'

/** A copy of the tree in which the sources may be spoilt; the working tree is never touched. */
export class Workshop {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-mutants-'))
    for (const name of COPIED) await cp(join(root, name), join(folder, name), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const compiled = {
      extends: './tsconfig.json',
      compilerOptions: { incremental: false },
      include: ['test/storage/scope/scope.test.ts', 'test/graphql/reach.db.test.ts'],
    }
    await writeFile(join(folder, 'tsconfig.types.json'), JSON.stringify(compiled))
    return new Workshop(folder)
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  /** The tests of a mutant with it in place, and the source as it was before afterwards. */
  async judge(mutant: Mutant): Promise<{ verdict: Verdict; output: string }> {
    const path = join(this.folder, mutant.file)
    const text = await readFile(path, 'utf8')
    await writeFile(path, spoilt(text, mutant))
    try {
      return await this.run(mutant.by, mutant.tests, mutant.file)
    } finally {
      await writeFile(path, text)
    }
  }

  /** @param spoiltFile for `types`: a mistake that does not compile where it was made is noticed */
  async run(
    by: Mutant['by'],
    tests: readonly string[],
    spoiltFile?: string,
  ): Promise<{ verdict: Verdict; output: string }> {
    if (by === 'types') {
      const { code, output } = await this.#node('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.types.json')
      // Errors of syntax are TS1…: a mutant with one says nothing about the types.
      const errors = output.split('\n').filter((line) => /: error TS2\d+:/.test(line))
      const isNoticed = errors.some(
        (line) => line.startsWith('test/') || (spoiltFile !== undefined && line.startsWith(`${spoiltFile}(`)),
      )
      return { verdict: code === 0 ? 'green' : isNoticed ? 'red' : 'broken', output }
    }
    const report = join(this.folder, 'report.json')
    await rm(report, { force: true })
    const { code, output } = await this.#node(
      'vitest/vitest.mjs',
      'run',
      ...[
        '--project',
        by,
        '--bail',
        '1',
        // Not in the node_modules that the copy shares: what is compiled here goes with it.
        '--experimental.fsModuleCachePath',
        join(this.folder, 'compiled'),
        '--reporter',
        'default',
        '--reporter',
        'json',
        '--outputFile',
        report,
      ],
      ...tests,
    )
    const counted: unknown = JSON.parse(await readFile(report, 'utf8').catch(() => '{}'))
    // A mutant that does not even run says nothing about the tests.
    const verdict = code === 0 ? 'green' : Number(Object(counted).numFailedTests) > 0 ? 'red' : 'broken'
    return { verdict, output }
  }

  #node(script: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join('node_modules', script), ...args], { cwd: this.folder })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          output += String(chunk)
        })
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, output }))
    })
  }
}

/** @throws when the mutant does not fit the source any more */
export function spoilt(text: string, { name, file, find, replace }: Mutant): string {
  const parts = text.split(find)
  if (parts.length !== 2) throw new Error(`"${name}" stands ${parts.length - 1} times in ${file}, not once`)
  return parts.join(replace)
}
