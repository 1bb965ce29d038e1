import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { makeTenant, nowSeconds, post, query, startServer } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'
import { SOON } from '../support/feed.ts'
import { Merchant } from '../support/merchant.ts'
import { expectExplained } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import {
  belowZero,
  chargedTwice,
  collapse,
  foreignCharge,
  guessedCards,
  type Incident,
  seatsGone,
  turnedEarly,
} from './incidents.ts'

let app: App
let databaseUrl: string
beforeAll(async () => {
  databaseUrl = await emptyDatabase()
  app = await startServer(databaseUrl)
})

const LIST = `{ anomalies(orderBy: {field: RECORDED_AT, direction: ASC}) { nodes {
  detector severity status origin livemode confidence title message advice
  startedAt detectedAt lastSeenAt endedAt occurrences customerId
  impact { amount currency } subjects(first: 100) { type stripeId }
  evidence { name observed expected threshold unit }
} } }`

/** So close that nothing is late, and the whole incident lies behind us. */
const PACE = 4

describe('what is told of a replay is told live, of signed webhooks, by GraphQL', () => {
  const incidents: [name: string, incident: Incident][] = [
    ['a customer who is charged twice', chargedTwice],
    ['an invoice below zero', belowZero],
    ['a charge in a foreign currency', foreignCharge],
    ['a period that turns five hours early', turnedEarly],
    ['289 seats that become 8', seatsGone],
    ['twelve guests with a wrong security code', guessedCards],
    ['payments that fail one after another', collapse],
  ]
  it.each(incidents)('%s', async (_, { detector, events, says, beside = [] }) => {
    const { key, token } = await makeTenant(app, databaseUrl)
    const at = nowSeconds() - 120
    const told = events(new Merchant('2025-09-30.clover'), at, PACE)
    for (const event of told) expect((await post(app.url, token, event)).status).toBe(200)
    await vi.waitFor(async () => {
      const { data } = await query(app.url, key, LIST)
      const { nodes } = (data as { anomalies: { nodes: Json[] } }).anomalies
      const others = nodes.filter((node) => !beside.some((name) => name === node['detector']))
      expect(others).toMatchObject([{ detector, origin: 'LIVE', ...says(at) }])
      for (const node of nodes) expectExplained(node)
    }, SOON)
  })
})
