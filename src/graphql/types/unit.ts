import type { UNITS } from '../../detection/detector.ts'
import { builder } from '../builder.ts'

export const Unit = builder.enumType('Unit', {
  description: 'What a number counts.',
  values: {
    COUNT: { description: 'A number of things.' },
    RATIO: { description: 'A share or a multiple; 0.25 is a quarter.' },
    SECONDS: { description: 'Seconds.' },
    MONEY: { description: 'Minor units of the currency beside it.' },
    SCORE: { description: 'Points without a unit.' },
  } satisfies Record<(typeof UNITS)[number], { description: string }>,
})
