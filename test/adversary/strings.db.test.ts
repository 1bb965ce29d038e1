import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { expect, test } from 'vitest'
import { encodeCursor } from '../../src/graphql/read/cursor.ts'
import { schema } from '../../src/graphql/schema.ts'
import {
  ADMIN_KEY,
  type Answer,
  ask,
  connect,
  type Json,
  listen,
  makeTenant,
  testApi,
} from '../support/graphql.ts'

// Every string that the schema takes is given text that breaks databases, logs and prototypes. Drawn from the schema.

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '1000000/60' } })
const tenant = await makeTenant(database)

const HOSTILE: Record<string, string> = {
  'lone surrogates': 'a\ud800b\udfff',
  'text that turns round, piles up or joins': `\u202egnp.exe\u2066 Z${'\u0351\u0489'.repeat(200)} \u{1F469}\u200d\u{1F680}\ufeff`,
  'control characters': '\u0001\u001b[31m\r\n\t\u0085\u2028',
  'what other languages read': `'; DROP TABLE "Tenant"; -- %_\\%*?[a-z] <img src=x onerror=alert(1)> %s%n {{7*7}} =1+1 ../../etc/passwd`,
  'the name of a prototype': '__proto__',
  'much of it': 'x'.repeat(40_000),
  nothing: '',
}

interface Slot {
  field: GraphQLField<unknown, unknown>
  root: 'query' | 'mutation' | 'subscription'
  /** Where the text goes, from the argument down. */
  path: readonly (GraphQLArgument | GraphQLInputField)[]
}

const nullable = (type: GraphQLInputType): GraphQLInputType => (isNonNullType(type) ? type.ofType : type)
const isText = (name: string) => name === 'String' || name === 'ID' || name === 'DateTime'

/** Every place below an argument or input field that takes text. */
function placesOf(at: GraphQLArgument | GraphQLInputField): Slot['path'][] {
  const named = getNamedType(at.type)
  if (isText(named.name)) return [[at]]
  if (!isInputObjectType(named)) return []
  return Object.values(named.getFields()).flatMap((inner) => placesOf(inner).map((path) => [at, ...path]))
}

const SLOTS: Slot[] = (['query', 'mutation', 'subscription'] as const).flatMap((root) => {
  const type = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[root]
  return Object.values(type?.getFields() ?? {}).flatMap((field) =>
    field.args.flatMap(placesOf).map((path) => ({ field, root, path })),
  )
})

/** A value that the type takes, for what is required beside the text. */
function harmless(type: GraphQLInputType): unknown {
  const inner = nullable(type)
  if (isListType(inner)) return [harmless(inner.ofType)]
  if (isEnumType(inner)) return inner.getValues()[0]?.name
  if (isInputObjectType(inner))
    return Object.fromEntries(
      Object.values(inner.getFields())
        .filter((field) => isNonNullType(field.type))
        .map((field) => [field.name, harmless(field.type)]),
    )
  return (
    { Boolean: true, Int: 1, Float: 1, SafeInt: 1, DateTime: '2026-03-01T00:00:00Z' }[String(inner)] ?? 'x'
  )
}

/** The argument with the text in its place and what is required around it. */
function filled(type: GraphQLInputType, rest: Slot['path'], text: string): unknown {
  const inner = nullable(type)
  if (isListType(inner)) return [filled(inner.ofType, rest, text)]
  const [next, ...below] = rest
  if (!next) return text
  return { ...Object(harmless(inner)), [next.name]: filled(next.type, below, text) }
}

function operationOf(
  { field, root, path: [at, ...rest] }: Slot,
  text: string,
): { query: string; variables: Json } {
  const args = field.args.filter((arg) => arg === at || isNonNullType(arg.type))
  const variables = Object.fromEntries(
    args.map((arg) => [arg.name, arg === at ? filled(arg.type, rest, text) : harmless(arg.type)]),
  )
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ')
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
  const returned = getNamedType(field.type)
  const selection = isObjectType(returned) || 'getFields' in returned ? ' { __typename }' : ''
  return { query: `${root}(${declared}) { ${field.name}(${given})${selection} }`, variables }
}

const nameOf = ({ field, root, path }: Slot) =>
  `${root} ${field.name}(${path.map(({ name }) => name).join('.')})`

const send = async (slot: Slot, text: string): Promise<Pick<Answer, 'status' | 'errors'>> => {
  const { query, variables } = operationOf(slot, text)
  const operators = /^(tenants|(create|suspend|resume|delete)Tenant)$/.test(slot.field.name)
  if (slot.root !== 'subscription') return ask(served, operators ? ADMIN_KEY : tenant.key, query, variables)
  const client = connect(served, tenant.key)
  const heard = listen(client, query, variables)
  // A subscription that is taken has nothing to say; that the next operation is answered tells that it was.
  const after = listen(client, '{ viewer { role } }')
  await Promise.race([heard.done, after.done])
  heard.stop()
  return { status: 200, errors: heard.errors as Answer['errors'] }
}

test('there are strings to try', () => {
  expect(SLOTS.length).toBeGreaterThan(50)
})

test.each(SLOTS.map((slot) => [nameOf(slot), slot] as const))(
  '%s refuses NUL, takes or refuses whatever else there is, and fails of none',
  async (_name, slot) => {
    const refused = await send(slot, 'a\0b')
    expect(refused.errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT'])
    await Promise.all(
      Object.entries(HOSTILE).map(async ([what, text]) => {
        const { status, errors } = await send(slot, text)
        expect(status, what).toBeLessThan(500)
        const codes = errors.map(({ extensions }) => extensions['code'])
        expect(codes, what).not.toContain('INTERNAL_SERVER_ERROR')
      }),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  },
)

const NO_TIME = '999999999999999999'
const FAR_OFF = '253402300800000'

test.each([
  ['evn_', 'evt_\0'],
  ['act_', '\0'],
  ['det_', '\0'],
])('an id %s with NUL under its base64 is one of nothing', async (prefix, key) => {
  const id = `${prefix}${Buffer.from(`${tenant.id.slice(4)}:${key}`).toString('base64url')}`
  const query = 'query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } event(id: $id) { id } }'
  const { data, errors } = await ask(served, tenant.key, query, { id })
  expect([data, errors]).toEqual([{ node: null, nodes: [null], event: null }, []])
})

test.each([
  ['events', ['1', 'evt_\0'], 'events(after: $at) { nodes { id } }'],
  ['events', [NO_TIME, 'evt_1'], 'events(before: $at, last: 1) { nodes { id } }'],
  ['events', [FAR_OFF, 'evt_1'], 'events(after: $at) { nodes { id } }'],
  ['keys', ['1', 'key_\0'], 'tenant { apiKeys(after: $at) { nodes { id } } }'],
  ['keys', [NO_TIME, 'key_1'], 'tenant { apiKeys(after: $at) { nodes { id } } }'],
  [
    'anomalies:UPDATED_AT',
    [FAR_OFF, '1'],
    'anomalies(after: $at, orderBy: {field: UPDATED_AT}) { nodes { id } }',
  ],
  ['feed', [NO_TIME], 'anomalies(after: $at) { nodes { id } }'],
])(
  'a cursor of %s that holds %j, made up with its checksum, is an unknown one',
  async (list, parts, field) => {
    const at = encodeCursor(tenant.id, list, parts)
    const { errors } = await ask(served, tenant.key, `query($at: String) { ${field} }`, { at })
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['CURSOR_UNKNOWN'])
  },
)

test('the tenant and its rows stand as before', async () => {
  const rows = await database.prisma.tenant.findMany({ where: { id: tenant.id } })
  expect(rows).toHaveLength(1)
})
