import type { AnomalyMessage, DigestMessage, NoticeMessage } from '../../src/alerts/message.ts'

const NOW = new Date('2026-11-27T23:10:00Z')
const URL = 'https://billing.example.com/a/anm_1'

/** An alert about one anomaly, raised unless it says otherwise. */
export const anomalyMessage = ({
  anomaly,
  ...over
}: Partial<Omit<AnomalyMessage, 'anomaly'>> & {
  anomaly?: Partial<AnomalyMessage['anomaly']>
} = {}): AnomalyMessage => ({
  type: 'anomaly',
  reason: 'RAISED',
  conversation: 'anm_1',
  at: NOW,
  tenant: 'Acme',
  news: undefined,
  anomaly: {
    id: 'anm_1',
    detector: 'CHARGE_FAILURE_SPIKE',
    severity: 'CRITICAL',
    status: 'OPEN',
    origin: 'LIVE',
    livemode: true,
    account: null,
    confidence: 0.999,
    title: '92% of payments fail',
    message: 'Since 23:02, 46 of 50 payments failed; 3% is usual at this hour.',
    advice: 'See whether Stripe reports an outage, then look at the declines of the last payments.',
    startedAt: '2026-11-27T23:02:00.000Z',
    detectedAt: '2026-11-27T23:09:00.000Z',
    lastSeenAt: '2026-11-27T23:09:00.000Z',
    endedAt: null,
    createdAt: '2026-11-27T23:09:01.000Z',
    updatedAt: '2026-11-27T23:09:01.000Z',
    occurrences: 46,
    customerId: null,
    impact: { amount: 133400, currency: 'USD', decimal: '1334.00', formatted: '$1,334.00' },
    subjects: [{ type: 'charge', stripeId: 'ch_1', url: 'https://dashboard.stripe.com/payments/ch_1' }],
    evidence: [],
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    falsePositiveReason: null,
    note: null,
    snoozedUntil: null,
    snoozedUntilItGrows: false,
    seriesUnit: 'RATIO',
    seriesCurrency: null,
    related: [],
    ...anomaly,
  },
  state: 'Open since Sat 28 Nov, 00:02',
  stake: '$1,334.00 at risk · 1 more of the same cause',
  facts: [
    { label: 'Money at risk', value: '$1,334.00' },
    { label: 'Confidence', value: '99.9%' },
  ],
  objects: [{ label: 'charge ch_1', url: 'https://dashboard.stripe.com/payments/ch_1' }],
  moreObjects: 45,
  related: [
    {
      id: 'anm_2',
      severity: 'MEDIUM',
      title: 'Revenue is 80% below usual',
      impact: '$900.00',
      isOver: false,
      url: 'https://billing.example.com/a/anm_2',
    },
  ],
  series: [],
  url: URL,
  ...over,
})

export const digestMessage = (names = 3): DigestMessage => ({
  type: 'digest',
  at: NOW,
  tenant: 'Acme',
  title: `${names + 4} anomalies since 22:00`,
  anomalies: Array.from({ length: names }, (_, i) => anomalyMessage({ anomaly: { id: `anm_${i}` } })),
  more: 4,
  ended: 2,
  url: 'https://billing.example.com/',
})

export const noticeMessage = (): NoticeMessage => ({
  type: 'notice',
  reason: 'TEST',
  at: NOW,
  tenant: 'Acme',
  title: 'A test of this channel',
  text: ['Alerts of BillingWatch will look like this.'],
  url: 'https://billing.example.com/',
})

const HOSTILE =
  '<!channel> @everyone <https://evil.example|click> [x](https://evil.example) *b* _i_ `c` <b>html</b> \u202egnp.exe\r\nBcc: a@evil.example '

/** Every text that a stranger can choose, as bad as it can be. */
export const hostileMessage = (): AnomalyMessage => {
  const long = HOSTILE.repeat(Math.ceil(10_000 / HOSTILE.length))
  return anomalyMessage({
    tenant: long,
    state: long,
    stake: long,
    news: long,
    anomaly: { title: long, message: long, advice: long, note: long },
    facts: Array.from({ length: 12 }, () => ({ label: long, value: long })),
    objects: Array.from({ length: 20 }, () => ({
      label: long,
      url: 'https://dashboard.stripe.com/payments/ch_(1)|<x>',
    })),
    related: Array.from({ length: 10 }, () => ({
      id: 'anm_2',
      severity: 'HIGH' as const,
      title: long,
      impact: long,
      isOver: true,
      url: URL,
    })),
  })
}
