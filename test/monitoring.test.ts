import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { OUTCOME_NAMES, OUTCOMES } from '../src/ingest/outcomes.ts'
import { createMetrics } from '../src/metrics.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

/** Names of the series that Prometheus gets of this process; `up` is its own. */
async function series(): Promise<Set<string>> {
  const metrics = await createMetrics(true).registry.getMetricsAsJSON()
  return new Set([
    'up',
    ...metrics.flatMap(({ name, type }) =>
      // prom-client writes the type as its enum does, and as text.
      String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
    ),
  ])
}

/** What an expression asks for: words that are followed by neither `(` nor stand within braces, brackets or `by (…)`. */
const asked = (expression: string): string[] =>
  [
    ...expression
      .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|without) \([^)]*\)/g, ' ')
      .matchAll(/\b[a-z_][a-z0-9_]*\b(?!\s*\()/g),
  ].map(([word]) => word)

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
})

const rules = [...read('packaging/monitoring/alerts.yaml').matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map(
  ([, name = '', expr = '']) => ({ name, expr }),
)
const panels = dashboard
  .parse(JSON.parse(read('packaging/monitoring/dashboard.json')))
  .panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: title, expr })))

describe('the Grafana dashboard and the Prometheus rules', () => {
  it('ask for series alone that this version has', async () => {
    expect([rules.length, panels.length].every((count) => count > 10)).toBe(true)
    const known = await series()
    const unknown = [...rules, ...panels].flatMap(({ name, expr }) =>
      asked(expr)
        .filter((word) => !known.has(word))
        .map((word) => `${name}: ${word}`),
    )
    expect(unknown).toEqual([])
    expect(asked('sum(rate(billingwatch_no_such_total{a="b"}[5m])) by (le)')).toEqual([
      'billingwatch_no_such_total',
    ])
  })

  it('show every series of our own', async () => {
    const shown = new Set(
      panels.flatMap(({ expr }) => asked(expr).map((word) => word.replace(/_(bucket|sum|count)$/, ''))),
    )
    const own = [...(await series())]
      .filter((name) => name.startsWith('billingwatch_'))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    expect(own.filter((name) => !shown.has(name))).toEqual([])
  })

  it('name outcomes alone that a delivery can have', () => {
    const named = [...rules, ...panels].flatMap(({ expr }) =>
      [...expr.matchAll(/outcome=~?"([^"]+)"/g)].flatMap(([, list = '']) => list.split('|')),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !OUTCOME_NAMES.some((known) => known === name))).toEqual([])
  })

  it('have an alarm for every answer upon which Stripe repeats a delivery, but those of moments', () => {
    const named = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/outcome=~?"([^"]+)"/g)].flatMap(([, list = '']) => list.split('|')),
    )
    const repeated = OUTCOME_NAMES.filter((name) => OUTCOMES[name].status === 503 && name !== 'draining')
    expect(repeated.filter((name) => !named.includes(name))).toEqual([])
  })

  it('have every alarm explained in docs/operating.md', () => {
    const page = read('docs/operating.md')
    expect(rules.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([])
  })
})
