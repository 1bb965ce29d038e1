import { builder } from '../builder.ts'

builder.queryType({ description: 'What can be read. Everything belongs to the tenant of the credentials.' })
builder.mutationType({
  description:
    'What can be done. Every mutation takes one input and may be sent again without a second effect.',
})
builder.subscriptionType({ description: 'What can be followed live, over WebSocket or server-sent events.' })
