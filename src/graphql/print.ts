import { readFile, writeFile } from 'node:fs/promises'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from './schema.ts'

/** The schema as `schema.graphql` has it. */
const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`

const FILE = new URL('../../schema.graphql', import.meta.url)

/** `npm run schema` writes the file; with `--check` it only says, by its exit code, whether the file is current. */
async function main(): Promise<void> {
  if (!process.argv.includes('--check')) return writeFile(FILE, printedSchema())
  if ((await readFile(FILE, 'utf8')) === printedSchema()) return
  process.stderr.write('schema.graphql is stale: run npm run schema and commit it.\n')
  process.exitCode = 1
}

await main()
