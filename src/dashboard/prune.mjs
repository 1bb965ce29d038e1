import { readdirSync, readFileSync, rmSync } from 'node:fs'

/*
 * Files of the page carry a hash of what is in them, so each build adds some: those of earlier ones go. They go after
 * the new ones are there, and not before, since a server may be reading.
 */
const FOLDER = 'dist/dashboard/'
const { outputs } = JSON.parse(readFileSync(`${FOLDER}meta.json`, 'utf8'))
for (const name of readdirSync(FOLDER))
  if (name !== 'meta.json' && !(`${FOLDER}${name}` in outputs)) rmSync(`${FOLDER}${name}`, { force: true })
