import type { DETECTOR_NAMES, SEVERITIES, UNITS } from '../../detection/detector.ts'
import { builder } from '../builder.ts'

type Values<Name extends string> = Record<Name, { description: string }>

export const Severity = builder.enumType('Severity', {
  description: 'How soon somebody should look.',
  values: {
    LOW: { description: 'Good to know.' },
    MEDIUM: { description: 'Look this week.' },
    HIGH: { description: 'Look today.' },
    CRITICAL: { description: 'Stop and look now.' },
  } satisfies Values<(typeof SEVERITIES)[number]>,
})

export const DetectorNameEnum = builder.enumType('DetectorName', {
  description: 'The detectors. Values will be added: keep a default case.',
  values: {
    CHARGE_FAILURE_SPIKE: { description: 'More payments fail than usual.' },
    DUPLICATE_CHARGE: { description: 'A customer paid the same amount again within minutes.' },
    FRAUD_SPIKE: { description: 'More disputes and fraud warnings than usual.' },
    NEGATIVE_INVOICE: { description: 'An invoice has a negative total.' },
    REVENUE_DROP: { description: 'Less money came in than usual at this time.' },
    SILENT_LAPSE: { description: 'A subscription was not renewed, and nothing says why.' },
    WEBHOOK_LAG: { description: "Stripe's events come late, or not at all." },
    CURRENCY_MISMATCH: { description: 'A customer was charged in a currency that is not theirs.' },
    TIMEZONE_BILLING_ERROR: { description: 'A subscription was billed twice or at the wrong hour.' },
    PLAN_DOWNGRADE: { description: 'More or larger subscriptions were downgraded than usual.' },
    CARD_TESTING: { description: 'Many different cards are tried out.' },
    REFUND_SPIKE: { description: 'More refunds are given than usual.' },
  } satisfies Values<(typeof DETECTOR_NAMES)[number]>,
})

export const Unit = builder.enumType('Unit', {
  description: 'What a number counts.',
  values: {
    COUNT: { description: 'Things.' },
    RATIO: { description: 'A share or a multiple; 0.25 is a quarter.' },
    SECONDS: { description: 'Seconds.' },
    MONEY: { description: 'Minor units of the currency beside it.' },
    SCORE: { description: 'Points without a unit.' },
  } satisfies Values<(typeof UNITS)[number]>,
})

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end of a list comes first.',
  values: {
    ASC: { description: 'Smallest, or oldest, first.' },
    DESC: { description: 'Largest, or newest, first.' },
  },
})

export const RoleEnum = builder.enumType('Role', {
  description: 'What a key may do; each role includes the ones before it.',
  values: {
    VIEWER: { description: 'Reads and subscribes.' },
    MEMBER: { description: 'Also acknowledges, resolves, gives feedback, and sees the payloads of events.' },
    ADMIN: {
      description: 'Also manages keys, secrets, endpoints and detectors, and reads the activity log.',
    },
  },
})
