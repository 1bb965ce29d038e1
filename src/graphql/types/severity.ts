import type { SEVERITIES } from '../../detection/detector.ts'
import { builder } from '../builder.ts'

export const Severity = builder.enumType('Severity', {
  description: 'How soon somebody should look.',
  values: {
    LOW: { description: 'Good to know.' },
    MEDIUM: { description: 'Look this week.' },
    HIGH: { description: 'Look today.' },
    CRITICAL: { description: 'Look now.' },
  } satisfies Record<(typeof SEVERITIES)[number], { description: string }>,
})
