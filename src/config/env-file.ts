import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/**
 * The variables that a `.env` file sets; none where there is no such file.
 * @throws what reading a file that is there fails with
 */
export function readEnvFile(path: string): Record<string, string | undefined> {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  // Editors on Windows put a byte order mark in front, which would become part of the first name.
  return parseEnv(content.replace(/^\uFEFF/, ''))
}
