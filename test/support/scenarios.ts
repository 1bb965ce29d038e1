import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DetectorName } from '../../src/detection/detector.ts'
import { cliJson, type Env, SECRET } from '../cli/harness.ts'
import { emptyDatabase } from './database.ts'
import { Merchant } from './merchant.ts'
import type { Json } from './stripe/basics.ts'
import { NEWEST, VERSIONS, type Version } from './stripe/versions.ts'

/** A history as the lines of a file: events, each perhaps with `received`, the time of its delivery. */
export type History = (shop: Merchant) => readonly Json[]

/** A sentence, what happened, what the one anomaly says of it, and which other detectors may rightly speak. */
export type Firing = [name: string, history: History, says: Json, beside?: readonly DetectorName[]]
export type Quiet = [name: string, history: History, beside?: readonly DetectorName[]]

/** A firing history of at most this many events is tried in an old and in a new API version. */
const SHORT = 200
const OLD = VERSIONS.filter((version) => version < '2025-03-31')
const NEW = VERSIONS.filter((version) => version >= '2025-03-31')

/**
 * Tells a detector's scenarios to `billingwatch replay --dry-run` and goes by what it prints. Of a quiet one nobody
 * says anything; of a firing one the detector says one thing, and nobody else speaks.
 */
export function scenarios(
  detector: DetectorName,
  { quiet, firing }: { quiet: Quiet[]; firing: Firing[] },
): void {
  const replay = replaying()
  const spoken = async (events: readonly Json[], beside: readonly DetectorName[]) =>
    (await replay(events)).filter((one) => !beside.some((name) => name === one['detector']))
  describe(`${detector} is quiet`, () => {
    const cases = quiet.map(([name, history, beside = []], i) => [name, i, history, beside] as const)
    it.each(cases)('%s', async (_, i, history, beside) => {
      const [version] = versionsFor(i)
      expect(await spoken(history(new Merchant(version)), beside), version).toEqual([])
    })
  })
  describe(`${detector} fires`, () => {
    const cases = firing.map(
      ([name, history, says, beside = []], i) => [name, i, history, says, beside] as const,
    )
    it.each(cases)('%s', async (_, i, history, says, beside) => {
      for (const version of versionsFor(i)) {
        const events = history(new Merchant(version))
        const anomalies = await spoken(events, beside)
        expect(anomalies, version).toMatchObject([{ detector, ...says }])
        for (const anomaly of anomalies) expectExplained(anomaly)
        if (events.length > SHORT) return
      }
    })
  })
}

/**
 * A file with the events in the order of their delivery, judged as a history of its own.
 * @param place options of `tenant create`: the zone and country of the tenant
 */
export function replaying(place: readonly string[] = []): (events: readonly Json[]) => Promise<Json[]> {
  const folder = mkdtempSync(join(tmpdir(), 'billingwatch-scenarios-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
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

/** Two API versions on either side of the greatest change, others for each scenario; every second one begins with the new. */
function versionsFor(place: number): [Version, Version] {
  const [old, now] = [OLD[place % OLD.length] ?? '2020-03-02', NEW[place % NEW.length] ?? NEWEST]
  return place % 2 === 0 ? [old, now] : [now, old]
}

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
