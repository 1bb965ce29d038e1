import { servePlainly } from './plain-server.ts'

/** The bare limit: it stores nothing. */
servePlainly(JSON.parse(process.argv[2] ?? '[]'), () => true)
