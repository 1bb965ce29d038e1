import { execFileSync } from 'node:child_process'

/** Before any server starts, which reads the page then: what `npm install` built may be older than the source. */
export const buildPage = (): void => void execFileSync('npm', ['run', '--silent', 'bundle:dashboard'])

/** What vitest runs before all tests. */
export default buildPage
