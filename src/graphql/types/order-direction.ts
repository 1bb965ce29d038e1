import { builder } from '../builder.ts'

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Ascending or descending.',
  values: {
    ASC: { description: 'Smallest, or oldest, first.' },
    DESC: { description: 'Largest, or newest, first.' },
  },
})
