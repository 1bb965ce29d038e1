import { type GraphQLSchema, introspectionFromSchema } from 'graphql'
import type { GraphiQLOptions } from 'graphql-yoga'

/** JSON that is safe inside a page's script. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

/**
 * Runs in the page before GraphiQL does. The schema comes with the page, so that docs and completion are there before
 * a key is, and no request fails for the lack of one; what is typed, keys included, is kept only as long as the tab.
 */
const prelude = (schema: GraphQLSchema): string => `
  const introspection = ${inScript({ data: introspectionFromSchema(schema) })}
  const viaNetwork = window.fetch.bind(window)
  const isIntrospection = (init) =>
    typeof init?.body === 'string' && JSON.parse(init.body).operationName === 'IntrospectionQuery'
  window.fetch = async (input, init) =>
    isIntrospection(init)
      ? new Response(JSON.stringify(introspection), { headers: { 'content-type': 'application/json' } })
      : viaNetwork(input, init)
  const lasting = window.sessionStorage
  Object.defineProperty(window, 'localStorage', { configurable: true, get: () => lasting })
`

/** GraphiQL's page from its package instead of from the web: some megabytes that only those who open it load. */
export async function renderPage(
  schema: GraphQLSchema,
  options: GraphiQLOptions | undefined,
): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const page = renderGraphiQL(options)
  // The page itself has placeholders like those of String.replace in it.
  const at = page.indexOf('<script>')
  return `${page.slice(0, at)}<script>${prelude(schema)}</script>${page.slice(at)}`
}
