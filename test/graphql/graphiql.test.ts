import { runInNewContext } from 'node:vm'
import { buildClientSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { renderPage } from '../../src/graphql/transports/graphiql.ts'

/** What the page does before GraphiQL runs, in a window of our own. */
async function opened() {
  const page = await renderPage(schema, { title: 'BillingWatch', shouldPersistHeaders: true })
  const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? []
  const asked: unknown[] = []
  const window: Record<string, unknown> = {
    fetch: async (...args: unknown[]) => asked.push(args),
    sessionStorage: { of: 'the tab' },
    localStorage: { of: 'the browser' },
  }
  runInNewContext(script, { window, Response, JSON, Object })
  const send = window['fetch']
  if (typeof send !== 'function') throw new Error('the page has no fetch')
  return { page, asked, window, send: (body: object) => send('/graphql', { body: JSON.stringify(body) }) }
}

describe('GraphiQL', () => {
  it('has the whole schema before there is a key, and asks the server nothing for it', async () => {
    const { send, asked } = await opened()
    const response: Response = await send({
      operationName: 'IntrospectionQuery',
      query: getIntrospectionQuery(),
    })
    expect(response.status).toBe(200)
    const { data } = JSON.parse(await response.text())
    const shown = printSchema(lexicographicSortSchema(buildClientSchema(data)))
    expect(shown).toBe(printSchema(lexicographicSortSchema(schema)))
    expect(asked).toEqual([])
  })

  it('sends everything else as it is', async () => {
    const { send, asked } = await opened()
    await send({ operationName: 'Latest', query: 'query Latest { viewer { role } }' })
    expect(asked).toHaveLength(1)
  })

  it('keeps what is typed, keys among it, for the tab alone', async () => {
    const { window, page } = await opened()
    expect(window['localStorage']).toEqual({ of: 'the tab' })
    expect(page).toContain('"shouldPersistHeaders":true')
  })
})
