import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DetectorName } from '../../src/detection/detector.ts'
import { cliJson, type Env, SECRET } from '../cli/harness.ts'
import { emptyDatabase } from './database.ts'
import { atEnd } from './endings.ts'
import { Merchant } from './merchant.ts'
import type { Json } from './stripe/basics.ts'
import { NEWEST, VERSIONS, type Version } from './stripe/versions.ts'

/** A history as the lines of a file: events, each perhaps with `received`, the time of its delivery. */
export type History = (shop: Merchant) => readonly Json[]

/** A history as real merchants have them, and the right answer. */
export interface Case {
  /** A sentence: what happened. */
  name: string
  history: History
  /** Only anomalies of these detectors are compared; all of them unless given. */
  about?: readonly DetectorName[]
  /** What the anomalies say, in the order they were raised; `[]`: nothing may be said. */
  says: readonly Json[] | { atMost: number }
  /** Of the API; the newest unless given. */
  version?: Version
}

/** Judges the cases by `billingwatch replay --dry-run`, as a tenant of this place has them. */
export function cases(
  kind: string,
  table: readonly Case[],
  { timezone = 'UTC', country }: { timezone?: string; country?: string } = {},
): void {
  describe(kind, () => {
    const place = ['--timezone', timezone, ...(country === undefined ? [] : ['--country', country])]
    const replay = replaying(place)
    it.each(table.map((one) => [one.name, one] as const))('%s', async (_, one) => {
      const { history, about, says, version = NEWEST } = one
      const anomalies = (await replay(history(new Merchant(version)))).filter(
        ({ detector }) => about === undefined || about.some((name) => name === detector),
      )
      for (const anomaly of anomalies) expectExplained(anomaly)
      if ('atMost' in says) expect(anomalies.length, titles(anomalies)).toBeLessThanOrEqual(says.atMost)
      else expect(anomalies, titles(anomalies)).toMatchObject([...says])
    })
  })
}

/** Of these histories nobody says anything: each is told in another API version. */
export const quiet = (kind: string, histories: Readonly<Record<string, History>>): void =>
  cases(
    kind,
    Object.entries(histories).map(([name, history], i) => {
      const version = VERSIONS[(2 * i) % VERSIONS.length] ?? NEWEST
      return { name, history, version, says: [] }
    }),
  )

const titles = (anomalies: readonly Json[]): string =>
  anomalies.map(({ detector, title, startedAt }) => `${detector} ${startedAt}: ${title}`).join('\n')

/**
 * A file with the events in the order of their delivery, judged as a history of its own.
 * @param place options of `tenant create`: the zone and country of the tenant
 */
export function replaying(place: readonly string[] = []): (events: readonly Json[]) => Promise<Json[]> {
  const folder = mkdtempSync(join(tmpdir(), 'billingwatch-scenarios-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  let env: Env
  let tenant: string
  beforeAll(async () => {
    env = { DATABASE_URL: await emptyDatabase(), BILLINGWATCH_SECRET: SECRET }
    const made = (await cliJson(env, ['tenant', 'create', 'Of a scenario', ...place])) as { id: string }
    tenant = made.id
  })
  return async (events) => {
    const file = join(folder, 'history.jsonl')
    const lines = [...events].sort((a, b) => arrivalOf(a) - arrivalOf(b)).map((one) => JSON.stringify(one))
    writeFileSync(file, `${lines.join('\n')}\n`)
    const { anomalies } = (await cliJson(env, ['replay', tenant, file, '--dry-run'])) as { anomalies: Json[] }
    return anomalies
  }
}

const arrivalOf = (event: Json): number => Number(event['received'] ?? event['created'])

/** Words that are not empty, times in their order, numbers that are numbers, objects with their ids. */
export function expectExplained(anomaly: Json): void {
  for (const words of ['title', 'message', 'advice']) expect(anomaly[words]).toMatch(/\w{3}/)
  const [startedAt, detectedAt, lastSeenAt] = ['startedAt', 'detectedAt', 'lastSeenAt'].map((name) =>
    Date.parse(String(anomaly[name])),
  )
  expect(startedAt).toBeLessThanOrEqual(Number(detectedAt))
  expect(detectedAt).toBeLessThanOrEqual(Number(lastSeenAt))
  const evidence = anomaly['evidence'] as Json[]
  expect(evidence.length).toBeGreaterThan(0)
  for (const { name, observed, expected, threshold } of evidence) {
    expect(name).toMatch(/\w/)
    for (const figure of [observed, expected ?? 0, threshold ?? 0]) expect(figure).toSatisfy(Number.isFinite)
  }
  for (const { type, stripeId } of anomaly['subjects'] as Json[])
    expect([type, stripeId]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/_/)])
}

/** A moment as GraphQL writes it. */
export const iso = (at: number): string => new Date(at * 1_000).toISOString()

/** Matches a list of subjects that has at least these. */
export const subjects = (...ids: readonly string[]): unknown =>
  expect.arrayContaining(ids.map((stripeId) => expect.objectContaining({ stripeId })))

/** Matches money at risk. */
export const money = (amount: number, currency: string): unknown =>
  expect.objectContaining({ amount, currency })

/** Lines that arrived so many seconds after they happened. */
export const late = (events: readonly Json[], by: number): Json[] =>
  events.map((event) => ({ ...event, received: Number(event['created']) + by }))
