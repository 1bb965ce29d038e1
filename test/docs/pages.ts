import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VARIABLES } from '../../src/config.ts'
import { PERMISSIONS } from '../../src/connect/permissions.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { schema } from '../../src/graphql/schema.ts'
import { detectorsPage, detectorTable } from './detectors.ts'
import { environmentExample, environmentTable } from './environment.ts'
import { codegenScalars, embeddedModule, graphcacheKeys } from './frontend.ts'
import { keyFormLink, permissionTable } from './permissions.ts'

const root = join(import.meta.dirname, '../..')

/** A file that is generated, all of it or the parts between its markers. */
interface Page {
  path: string
  /** @param text the file as it is */
  render(text: string): string
}

const PAGES: readonly Page[] = [
  {
    path: 'README.md',
    render: (text) =>
      withPart(
        withPart(text, 'detectors', detectorTable(DETECTORS)),
        'environment',
        environmentTable(VARIABLES),
      ),
  },
  {
    path: 'docs/frontend.md',
    render: (text) =>
      withPart(withPart(text, 'scalars', codegenScalars(schema)), 'keys', graphcacheKeys(schema)),
  },
  {
    path: 'docs/connect.md',
    render: (text) =>
      withPart(text, 'permissions', `${keyFormLink(PERMISSIONS)}\n\n${permissionTable(PERMISSIONS)}`),
  },
  { path: 'src/dashboard/api/embedded-types.ts', render: () => embeddedModule(schema) },
  { path: 'docs/detectors.md', render: () => detectorsPage(DETECTORS) },
  { path: '.env.example', render: () => environmentExample(VARIABLES) },
]

/**
 * Replaces what stands between `<!-- name: npm run docs -->` and `<!-- end of name -->`.
 * @throws Error where the text has no such place
 */
export function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name}: npm run docs -->\n`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`there is no place for ${name}`)
  return `${text.slice(0, from)}${begin}\n${part.trim()}\n\n${text.slice(to)}`
}

/** The files that are not as they would be written. */
export async function stalePages(): Promise<string[]> {
  const stale: string[] = []
  for (const { path, render } of PAGES) {
    const text = await readPage(path)
    if (render(text) !== text) stale.push(path)
  }
  return stale
}

export async function writePages(): Promise<void> {
  for (const { path, render } of PAGES) await writeFile(join(root, path), render(await readPage(path)))
}

/** Empty where there is no such file yet. */
const readPage = (path: string): Promise<string> =>
  readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
