import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { cli } from './harness.ts'

const script = async (shell: string): Promise<string> => {
  const { code, stdout } = await cli({}, ['--completion', shell])
  expect(code).toBe(0)
  return stdout
}

/** What bash offers behind these words; the last one is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `${await script('bash')}
    COMP_WORDS=(billingwatch ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
    _billingwatch; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', program], { encoding: 'utf8', cwd: '/' }).trim().split('\n')
}

describe('--completion', () => {
  it('offers commands, their verbs, and their options', async () => {
    expect(await offered('ten')).toEqual(['tenant'])
    expect(await offered('tenant', '')).toEqual(expect.arrayContaining(['create', 'list', 'delete']))
    expect(await offered('tenant', 'create', 'Acme', '--web')).toEqual(['--webhook-secret'])
    expect(await offered('anomalies', 'f')).toEqual(['false-positive'])
    expect(await offered('replay', 'ten_x', '--dry')).toEqual(['--dry-run'])
    expect(await offered('tenants', 'x')).not.toContain('create')
  })

  it.each(['zsh', 'fish'])('speaks %s', async (shell) => {
    const text = await script(shell)
    expect(text).toContain('false-positive')
    const checked = spawnSync(shell, ['-n'], { input: text })
    // Where the shell is not installed, there is nobody to ask.
    if (checked.error === undefined) expect(checked.status).toBe(0)
  })

  it('knows no other shell', async () => {
    const { code, stderr } = await cli({}, ['--completion', 'cmd'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/bash, zsh, fish/)])
  })
})
