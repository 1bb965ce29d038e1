import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { run } from '../../src/cli/main.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-simulate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('simulate --out says what it will write before it writes anything', async () => {
  const out = join(folder, 'streams')
  let before: string[] | undefined
  const stderr = {
    write: (text: string) => {
      if (text.startsWith(`Writing to ${out}: `)) before = readdirSync(folder)
    },
  }
  const io = { env: {}, stdin: (async function* () {})(), stdout: { write: () => {} }, stderr }
  expect(await run(['simulate', '--tenants', '1', '--days', '2', '--out', out], io)).toBe(0)
  expect(before).toEqual([])
  expect(readdirSync(out).sort()).toEqual(['labels.json', 'tenant-01.jsonl'])
})
