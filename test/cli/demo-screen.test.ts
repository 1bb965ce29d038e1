import { describe, expect, it } from 'vitest'
import { Screen } from '../../src/cli/demo-screen.ts'
import type { DemoTenant } from '../../src/demo/audience.ts'
import { businesses } from '../../src/demo/businesses.ts'
import { Trade } from '../../src/demo/trade.ts'
import type { WatchedAnomaly } from '../../src/demo/watch.ts'
import { systemClock } from '../../src/time.ts'

const tenants: DemoTenant[] = businesses('1').map((business) => ({
  id: 'ten_1',
  business,
  trade: new Trade(business.profile, '1', 1_779_000_000, 1),
  apiKey: `bw_live_${'k'.repeat(42)}`,
  webhookUrl: 'http://127.0.0.1:4000/webhook/t',
  webhookSecret: 'whsec_t',
  history: { events: 12_345, anomalies: 2 },
  delivered: 7,
  anomalies: new Map(),
  alerts: [],
}))

const anomaly: WatchedAnomaly = {
  id: 'anm_1',
  detector: 'CHARGE_FAILURE_SPIKE',
  severity: 'HIGH',
  status: 'OPEN',
  title: 'Half of the payments fail, and this title is longer than fits beside anything on a narrow terminal',
  message: 'Word after word, '.repeat(30),
  occurrences: 4,
  impact: { amount: 500, currency: 'USD', formatted: '$5.00' },
  startedAt: '2026-05-20T13:37:00Z',
  detectedAt: '2026-05-20T13:37:00Z',
  endedAt: null,
}

/** All that is shown of a whole demo. */
function shown(terminal: { isTTY?: boolean; columns?: number; hasColors?: () => boolean }): string {
  const written: string[] = []
  const screen = new Screen({ write: (text) => written.push(text), ...terminal }, systemClock)
  screen.progress('1,000 events')
  const links = tenants.map(() => `http://127.0.0.1:40000/sign-in#code=${'c'.repeat(22)}`)
  screen.ready('http://127.0.0.1:40000', tenants, links)
  for (const tenant of tenants) {
    screen.began(tenant, 'stolen cards are tried at the checkout, one after another')
    screen.raised(tenant, anomaly)
    screen.alerted(tenant, {
      type: 'anomaly.raised',
      anomalies: [{ ...anomaly, related: [{ title: 'Revenue is below what is usual' }] }],
    })
    screen.delivered(tenants)
    screen.changed(tenant, { ...anomaly, severity: 'CRITICAL' }, 'ANOMALY_UPDATED', anomaly)
    screen.changed(tenant, anomaly, 'ANOMALY_RESOLVED', anomaly)
  }
  screen.end(tenants)
  return written.join('')
}

describe('the screen of the demo', () => {
  it('fits into 80 columns where nothing is known of the terminal, and keeps to plain text', () => {
    const text = shown({})
    expect(text).not.toContain('\u001b')
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).toContain('At stake: $5.00')
    expect(text).toContain('HIGH      ALERT anomaly.raised')
    expect(text.replace(/\s+/g, ' ')).toContain('with it: Revenue is below what is usual')
    expect(text).toContain('CHARGE_FAILURE_SPIKE is now CRITICAL, 4 signs')
  })

  it('fits into a narrow terminal where the words allow it', () => {
    const messages = shown({ columns: 60 })
      .split('\n')
      .filter((line) => line.includes('Word after'))
    expect(messages.length).toBeGreaterThan(3)
    expect(messages.filter((line) => line.length > 60)).toEqual([])
  })

  it('has colours only where the terminal shows them', () => {
    const colour = '\u001b[31m'
    expect(shown({ isTTY: true, hasColors: () => true })).toContain(colour)
    expect(shown({ isTTY: true, hasColors: () => false })).not.toContain(colour)
  })

  it('says nothing of more signs while the severity stays', () => {
    const written: string[] = []
    const screen = new Screen({ write: (text) => written.push(text) }, systemClock)
    for (const tenant of tenants)
      screen.changed(tenant, { ...anomaly, occurrences: 5 }, 'ANOMALY_UPDATED', anomaly)
    expect(written).toEqual([])
  })
})
