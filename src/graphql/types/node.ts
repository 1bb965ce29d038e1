import { builder } from '../builder.ts'

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'An object with an id of its own. Ids are opaque, unique, and typed by their prefix.',
  fields: (t) => ({
    id: t.id({
      description: 'Globally unique; `node(id:)` takes it.',
      resolve: () => {
        throw new Error('each type resolves its own id')
      },
    }),
  }),
})
