import { builder } from '../builder.ts'

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end of a list comes first.',
  values: {
    ASC: { description: 'Smallest, or oldest, first.' },
    DESC: { description: 'Largest, or newest, first.' },
  },
})
