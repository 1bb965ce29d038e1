import { readSubjects } from '../../storage/anomaly-columns.ts'
import { dashboardUrl } from '../../stripe/links.ts'
import { builder } from '../builder.ts'

export interface SubjectShape {
  type: string
  id: string
  account: string | null
  livemode: boolean
}

/** The subjects of an anomaly as its column keeps them. */
export const subjectsOf = (row: {
  subjects: string
  account: string | null
  livemode: boolean
}): SubjectShape[] =>
  readSubjects(row.subjects).map((subject) => ({ ...subject, account: row.account, livemode: row.livemode }))

export const Subject = builder.objectRef<SubjectShape>('Subject').implement({
  description: 'A Stripe object that an anomaly is about.',
  fields: (t) => ({
    type: t.exposeString('type', { description: "Stripe's name of its type, e.g. `charge`." }),
    stripeId: t.exposeString('id', { description: "Stripe's id, e.g. `ch_…`." }),
    url: t.string({
      nullable: true,
      description: "Its page in Stripe's dashboard; null for types without one.",
      resolve: ({ type, id, account, livemode }) =>
        dashboardUrl(type, id, { account: account ?? undefined, livemode }) ?? null,
    }),
  }),
})
