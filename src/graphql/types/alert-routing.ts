import { ANOMALY_REASONS } from '../../alerts/message.ts'
import type { Routing } from '../../alerts/routing.ts'
import { builder } from '../builder.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { Money } from './money.ts'
import { Severity } from './severity.ts'

export const REASONS = [
  ...ANOMALY_REASONS,
  'DIGEST',
  'TEST',
  'CHANNEL_DISABLED',
  'STRIPE_KEY_REFUSED',
  'WEEKLY_SUMMARY',
] as const

export const AlertReason = builder.enumType('AlertReason', {
  description: 'Why an alert is sent. Values will be added: keep a default case.',
  values: {
    RAISED: { description: 'A new anomaly.' },
    UPDATED: {
      description:
        'It grew. Only channels that edit their message report it unless this is chosen, at most once a minute.',
    },
    ESCALATED: { description: 'Its severity rose.' },
    REOPENED: { description: 'It came back, or a person reopened it.' },
    ENDED: { description: 'The behaviour has ended.' },
    RESOLVED: { description: 'It is dealt with, or was a false alarm.' },
    ACKNOWLEDGED: { description: 'Somebody is working on it.' },
    DIGEST: { description: 'Several anomalies in one message.' },
    TEST: { description: 'Somebody tried the channel.' },
    CHANNEL_DISABLED: { description: 'Another channel was switched off because nothing arrives there.' },
    STRIPE_KEY_REFUSED: {
      description:
        'Stripe refuses the key of a connection, or a permission that it had: a person has to act.',
    },
    WEEKLY_SUMMARY: { description: 'The week in brief, also when nothing happened.' },
  } satisfies Record<(typeof REASONS)[number], { description: string }>,
})

export const AlertRouting = builder.objectRef<Routing>('AlertRouting').implement({
  description: 'Which anomalies go to a channel, and what of them.',
  fields: (t) => ({
    minSeverity: t.expose('minSeverity', { type: Severity, description: 'The least severity.' }),
    detectors: t.expose('detectors', {
      type: [DetectorNameEnum],
      nullable: true,
      description: 'Only of these detectors; null: of all.',
    }),
    account: t.exposeString('account', {
      nullable: true,
      description: 'Only of this Stripe account (`acct_…`); null: of all.',
    }),
    testMode: t.exposeBoolean('testMode', { description: 'Also what happens in test mode.' }),
    minImpact: t.expose('minImpact', {
      type: [Money],
      description:
        'Least money at risk, by currency. An anomaly without an amount, or in another currency, is not held back.',
    }),
    reasons: t.expose('reasons', { type: [AlertReason], description: 'What is reported of an anomaly.' }),
  }),
})

const MoneyInput = builder.inputType('MoneyInput', {
  description: 'An amount in minor units of its currency.',
  fields: (t) => ({
    amount: t.field({ type: 'SafeInt', required: true, description: 'Minor units.' }),
    currency: t.string({ required: true, description: 'ISO 4217, in any case.' }),
  }),
})

export const AlertRoutingInput = builder.inputType('AlertRoutingInput', {
  description: 'Which anomalies go to a channel. What is left out stays as it is, or as is usual.',
  fields: (t) => ({
    minSeverity: t.field({ type: Severity, description: 'By default HIGH; for PAGERDUTY CRITICAL.' }),
    detectors: t.field({ type: [DetectorNameEnum], description: 'Only of these detectors; null: of all.' }),
    account: t.string({ description: 'Only of this Stripe account; null: of all.' }),
    testMode: t.boolean({ description: 'Also what happens in test mode; by default not.' }),
    minImpact: t.field({ type: [MoneyInput], description: 'Least money at risk, each currency once.' }),
    reasons: t.field({
      type: [AlertReason],
      description: 'What is reported of an anomaly; by default RAISED, ESCALATED and ENDED.',
    }),
  }),
})
