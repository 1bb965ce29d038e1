import { builder } from '../builder.ts'
import type { PageInfoShape } from '../read/paging.ts'

export const PageInfo = builder.objectRef<PageInfoShape>('PageInfo').implement({
  description: "The position of a page in its list, as Relay's cursor specification defines it.",
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether rows follow the last one of this page.',
      resolve: (info) => info.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether rows precede the first one of this page.',
      resolve: (info) => info.hasPreviousPage(),
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of the first edge; null on an empty page.',
      resolve: (info) => info.startCursor(),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of the last edge; null on an empty page.',
      resolve: (info) => info.endCursor(),
    }),
  }),
})
