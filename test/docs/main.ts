import { stalePages, writePages } from './pages.ts'

/** `npm run docs` writes what is generated; with `--check` it only says, by its exit code, whether that is current. */
async function main(): Promise<void> {
  if (!process.argv.includes('--check')) return writePages()
  const stale = await stalePages()
  if (stale.length === 0) return
  process.stderr.write(`stale: ${stale.join(', ')}. Run npm run docs and commit what it writes.\n`)
  process.exitCode = 1
}

await main()
