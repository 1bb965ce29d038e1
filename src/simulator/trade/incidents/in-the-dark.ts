import { HOUR, MINUTE } from '../../../time.ts'
import type { Incident } from '../../incidents/incident.ts'

/**
 * Something goes wrong while the tenant's endpoint is down, so that nobody can hear of it before the backlog
 * comes, in disorder.
 * @param name of the whole
 */
export const inTheDark = (name: string, incident: Incident, hours: number): Incident => ({
  ...incident,
  name,
  about: `${incident.about}, while the endpoint is down`,
  daysBefore: Math.max(15, incident.daysBefore),
  daysAfter: Math.max(2, incident.daysAfter),
  stage(stage) {
    const { courier, at, label } = stage
    const to = at + hours * HOUR
    courier.add({
      from: at - HOUR,
      to,
      share: 1,
      late: (luck, created) => to - created + luck.between(0, 70) * MINUTE,
    })
    incident.stage({
      ...stage,
      label: ({ alsoAllowed: _, ...own }) =>
        label({ ...own, to: Math.max(own.to, to + 2 * HOUR), alsoAllowed: ['WEBHOOK_LAG'] }),
    })
  },
})
