import { MINUTE } from '../../../src/time.ts'
import { cases } from '../../support/cases.ts'
import type { Merchant } from '../../support/merchant.ts'
import { type Json, START } from '../../support/stripe/basics.ts'

/** One customer pays 40.00 twice within four minutes, with other metadata each time. */
const twice =
  (...metadata: readonly Json[]) =>
  (shop: Merchant) =>
    metadata.map((said, i) =>
      shop.paid(START + i * 4 * MINUTE, { customer: 'cus_1', amount: 4_000, metadata: said }),
    )

cases('two equal payments of one customer', [
  {
    name: 'are two orders when the number stands under a name in camel case',
    history: twice({ orderId: 'R00' }, { orderId: 'R01' }),
    says: [],
  },
  {
    name: 'are two orders under a name with spaces',
    history: twice({ 'Order No.': '17' }, { 'Order No.': '18' }),
    says: [],
  },
  { name: 'are two seats', history: twice({ seat: 'C12' }, { seat: 'C13' }), says: [] },
  {
    name: 'are one order charged twice when only the request differs',
    history: twice({ orderId: 'R00', request_id: 'a1' }, { orderId: 'R00', request_id: 'a2' }),
    says: [{ detector: 'DUPLICATE_CHARGE', severity: 'MEDIUM' }],
  },
])
