import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'

const here = dirname(fileURLToPath(import.meta.url))

const header = (provider: string) => `// Written by prisma/config.ts from models.prisma; edit that one.
generator client {
  provider               = "prisma-client"
  output                 = "../../src/generated/${provider}"
  runtime                = "nodejs"
  moduleFormat           = "esm"
  generatedFileExtension = "ts"
  importFileExtension    = "ts"
}

datasource db {
  provider = "${provider}"
}

`

/**
 * Prisma fixes a schema's provider when it generates, so the one file of models is written out once for each
 * engine under its own header. One config file for each engine calls this.
 */
export function configFor(provider: 'sqlite' | 'postgresql') {
  // `generate` only checks that the engine it would otherwise download exists; it never runs it.
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath
  const schema = join(here, provider, 'schema.prisma')
  mkdirSync(dirname(schema), { recursive: true })
  writeFileSync(schema, header(provider) + readFileSync(join(here, 'models.prisma'), 'utf8'))
  return defineConfig({ schema, migrations: { path: join(here, provider, 'migrations') } })
}
