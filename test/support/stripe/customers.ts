import { fresh, type Json, START } from './basics.ts'

export const customer = (fields: Json = {}): Json => ({
  id: fresh('cus'),
  object: 'customer',
  balance: 0,
  created: START,
  currency: 'usd',
  delinquent: false,
  email: 'ana@example.com',
  livemode: true,
  metadata: {},
  ...fields,
})
