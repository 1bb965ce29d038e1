import { type GraphQLSchema, isObjectType, isScalarType, isSpecifiedScalarType } from 'graphql'

/** What a frontend's compiler is to take our scalars for, as it gives them and as it gets them. */
const IN_TYPESCRIPT: Readonly<Record<string, string>> = {
  DateTime: 'string',
  JSON: 'unknown',
  SafeInt: 'number',
}

/** Part of a codegen configuration. @throws Error for a scalar that nobody has said the type of */
export function codegenScalars(schema: GraphQLSchema): string {
  const scalars = typesOf(schema)
    .filter(isScalarType)
    .filter((type) => !isSpecifiedScalarType(type))
    .map(({ name }) => {
      const type = IN_TYPESCRIPT[name]
      if (type === undefined) throw new Error(`what is the scalar ${name} in TypeScript?`)
      return `  ${name}: '${type}',`
    })
  return fenced(['scalars: {', ...scalars, '}'])
}

/** What graphcache takes for embedded without being told. */
const EMBEDDED = /PageInfo|(Connection|Edge)$/

/** The object types that have no id of their own: graphcache keeps them within what they are part of. */
function embeddedTypes(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return typesOf(schema)
    .filter(isObjectType)
    .filter((type) => !roots.includes(type) && !EMBEDDED.test(type.name) && !('id' in type.getFields()))
    .map(({ name }) => name)
}

export const graphcacheKeys = (schema: GraphQLSchema): string =>
  fenced(['keys: {', ...embeddedTypes(schema).map((name) => `  ${name}: () => null,`), '}'])

/** The same for the page of this project, which is such a frontend. */
export const embeddedModule = (schema: GraphQLSchema): string =>
  [
    '/** Types without an id, which the cache keeps within what they are part of. Written by `npm run docs`. */',
    'export const EMBEDDED_TYPES: readonly string[] = [',
    ...embeddedTypes(schema).map((name) => `  '${name}',`),
    ']',
    '',
  ].join('\n')

const typesOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const fenced = (lines: readonly string[]): string => ['```js', ...lines, '```'].join('\n')
