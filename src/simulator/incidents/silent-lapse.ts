import { DAY } from '../../time.ts'
import { renew } from '../subscriptions.ts'
import type { Incident } from './incident.ts'
import { mention, monthlySubscriber } from './subscriber.ts'

/** The renewal comes to nothing: its invoice stays a draft, or the period does not even turn. */
export const silentLapse: Incident = {
  name: 'silent-lapse',
  detector: 'SILENT_LAPSE',
  about: 'a renewal was due, is not paid, and nothing tells of it',
  rate: false,
  daysBefore: 6,
  daysAfter: 7,
  fits: ({ checkoutShare }) => checkoutShare < 1,
  stage({ world, strength, at, label }) {
    const count = strength === 'gross' ? world.random.int(12, 25) : 1
    const objects: string[] = []
    for (let i = 0; i < count; i++) {
      const due = at + i * 60
      const subscription = monthlySubscriber(world, due)
      mention(world, subscription, due)
      if (strength !== 'subtle') world.agenda.add(due, () => renew(world, subscription, { stuck: true }))
      objects.push(subscription.id, subscription.customer.id)
    }
    label({ from: at, to: at + 6 * DAY, objects })
  },
}
