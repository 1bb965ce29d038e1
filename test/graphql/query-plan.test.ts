import fc from 'fast-check'
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  getNamedType,
  getVariableValues,
  isLeafType,
  isObjectType,
  parse,
  validate,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { QueryPlan } from '../../src/graphql/operations/query-plan.ts'

/** Everything that an executor has to do with a value, by the name of its field. */
const schema = buildSchema(`
  interface Node { id: ID! kind: String }
  union Thing = Leaf | Tree
  enum Color { RED GREEN }
  type Leaf implements Node { id: ID! kind: String green: Boolean! color: Color tree: Tree }
  type Tree implements Node {
    id: ID! kind: String
    height(unit: String = "m", times: Int): Float
    later: String
    laterRequired: String!
    fails: String
    failsLater: String
    failsRequired: String!
    failsLaterRequired: String!
    nothing: Int
    nothingRequired: Int!
    badColor: Color
    badList: [Int]
    returnsError: String
    leaf: Leaf!
    laterLeaf: Leaf
    leaves(first: Int! = 2): [Leaf!]!
    someLeaves: [Leaf]
    laterItems: [String!]
    brokenItems: [String!]
    brokenLater: [String]
    grid: [[Int!]]
    node: Node
    lost: Node
    thing: Thing
    things: [Thing!]
    tree: Tree
    trees: [Tree!]!
  }
  type Query { tree: Tree requiredTree: Tree! node(id: ID): Node things: [Thing] count(of: Int!, list: [Int!]): Int }
`)

const soon = <T>(value: T): Promise<T> => Promise.resolve(value)
const leaf = (n: number) => ({ __typename: 'Leaf', id: `leaf${n}`, green: n % 2 === 0, color: 'RED' })
const tree = { __typename: 'Tree', id: 'tree' }
const fail = (): never => {
  throw new Error('no such branch')
}

const resolvers: Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>> = {
  Query: {
    tree: () => tree,
    requiredTree: async () => tree,
    node: (_root, { id }) => (id === undefined ? tree : leaf(1)),
    things: () => [leaf(1), tree, null, soon(leaf(2))],
    count: (_root, { of, list = [] }) => of + list.length,
  },
  Leaf: {
    tree: () => tree,
    kind: (_leaf, _args, _context, info) => `${info.parentType.name} at ${info.path.key}`,
  },
  Tree: {
    kind: (_tree, _args, context) => `${JSON.stringify(context)}`,
    height: (_tree, { unit, times = 1 }) => (unit === 'm' ? 3 : 300) * times,
    later: () => soon('later'),
    laterRequired: () => soon('later'),
    fails: fail,
    failsLater: async () => fail(),
    failsRequired: fail,
    failsLaterRequired: async () => fail(),
    nothing: () => undefined,
    nothingRequired: () => null,
    badColor: () => 'PURPLE',
    badList: () => 5,
    returnsError: () => new Error('returned'),
    leaf: () => leaf(1),
    laterLeaf: () => soon(leaf(2)),
    leaves: (_tree, { first }) => Array.from({ length: first }, (_, n) => leaf(n)),
    someLeaves: () => [leaf(1), null, soon(leaf(3))],
    laterItems: () => ['a', soon('b')],
    brokenItems: () => ['a', null],
    brokenLater: () => ['a', Promise.reject(new Error('broken')), soon(null)],
    grid: () => [[1, 2], null, [3, null]],
    node: () => leaf(4),
    lost: () => ({ __typename: 'Nowhere' }),
    thing: () => tree,
    things: () => new Set([leaf(1), tree]),
    tree: () => tree,
    trees: () => [tree, soon(tree)],
  },
}
for (const [name, fields] of Object.entries(resolvers)) {
  const type = schema.getType(name)
  for (const [field, resolve] of Object.entries(fields))
    if (isObjectType(type)) Object.assign(type.getFields()[field] ?? {}, { resolve })
}

const context = { who: 'somebody' }

async function both(text: string, given: Record<string, unknown> = {}) {
  const document = parse(text)
  expect(validate(schema, document), text).toEqual([])
  const plan = QueryPlan.of(schema, document, undefined)
  if (!plan) throw new Error('no plan')
  const { coerced } = getVariableValues(schema, plan.operation.variableDefinitions ?? [], given)
  if (!coerced) throw new Error('variables do not fit')
  const expected = await execute({ schema, document, contextValue: context, variableValues: given })
  // Twice: what was kept of the first run must serve the second.
  const first = await plan.run(context, coerced)
  return { expected: shown(expected), first: shown(first), second: shown(await plan.run(context, coerced)) }
}

/**
 * As it is sent, and which places are null for which errors. Of a place that is null for one below it, only that is
 * compared: which of several failures below are heard before the answer is given is a matter of moments.
 */
function shown({ data, errors = [] }: ExecutionResult) {
  const places = errors.map((error) => {
    const path = error.path ?? []
    let at: unknown = data
    let length = 0
    while (length < path.length && typeof at === 'object' && at !== null)
      at = Reflect.get(at, String(path[length++]))
    if (length < path.length) return JSON.stringify(path.slice(0, length))
    // Nobody sees these words: they are of mistakes in the program, and masked.
    return JSON.stringify({
      ...error.toJSON(),
      message: error.message.replace(/^Abstract type.*/, 'Abstract'),
    })
  })
  return { data: JSON.stringify(data), errors: [...new Set(places)].sort() }
}

/** Selections of a type, some levels deep, with aliases, directives and fragments. */
function selections(type: GraphQLObjectType, depth: number): fc.Arbitrary<string> {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type)
    const args = field.args.length === 0 ? [''] : (ARGUMENTS[`${type.name}.${field.name}`] ?? [''])
    if (!isLeafType(named) && depth === 0) return []
    const inner = isLeafType(named)
      ? fc.constant('')
      : isObjectType(named)
        ? selections(named, depth - 1).map((of) => ` { ${of} }`)
        : abstractSelections(depth - 1).map((of) => ` { ${of} }`)
    const one = fc
      .tuple(
        fc.constantFrom('', 'x: ', 'y: '),
        fc.constantFrom(...args),
        fc.constantFrom(...DIRECTIVES),
        inner,
      )
      // An alias is the field's own, so that two of one name can be merged.
      .map(([alias, arg, directive, of]) => {
        const named = alias && `${field.name}_${alias}`
        return `${arg === '' ? named : `${field.name}${args.indexOf(arg)}: `}${field.name}${arg}${directive}${of}`
      })
    return [one]
  })
  const some = fc.array(fc.oneof(...fields), { minLength: 1, maxLength: 5 }).map((all) => all.join(' '))
  return fc
    .tuple(some, some, fc.constantFrom('none', 'inline', 'untyped', 'skipped'))
    .map(([a, b, fragment]) => {
      if (fragment === 'inline') return `${a} ... on ${type.name} { ${b} }`
      if (fragment === 'untyped') return `${a} ... { ${b} __typename }`
      return fragment === 'skipped' ? `${a} ... @include(if: $no) { ${b} }` : a
    })
}

const abstractSelections = (depth: number): fc.Arbitrary<string> => {
  const [leafType, treeType] = [schema.getType('Leaf'), schema.getType('Tree')]
  if (!isObjectType(leafType) || !isObjectType(treeType)) throw new Error('no such types')
  const inside = (type: GraphQLObjectType) => selections(type, Math.max(0, depth))
  return fc
    .tuple(inside(leafType), inside(treeType))
    .map(([a, b]) => `__typename ... on Node { id } ... on Leaf { ${a} } ... on Tree { ${b} }`)
}

const DIRECTIVES = [
  '',
  '',
  '',
  ' @skip(if: $yes)',
  ' @skip(if: $no)',
  ' @include(if: $no)',
  ' @include(if: true)',
]
const ARGUMENTS: Record<string, string[]> = {
  'Tree.height': ['', '(unit: "cm")', '(times: $n)', '(unit: $unit, times: 2)'],
  'Tree.leaves': ['', '(first: 3)', '(first: $n)'],
  'Query.node': ['', '(id: "1")'],
  'Query.count': ['(of: 1)', '(of: $n, list: [1, $n])'],
}

describe('a plan of a query', () => {
  test('answers what graphql-js answers, whatever is selected and whatever fails', async () => {
    const query = schema.getQueryType()
    if (!query) throw new Error('no query')
    await fc.assert(
      fc.asyncProperty(selections(query, 2), fc.boolean(), async (selected, flag) => {
        const text = `query($yes: Boolean!, $no: Boolean!, $n: Int! = 2, $unit: String) { ${selected} use: count(of: $n) @skip(if: $yes) u2: count(of: 1) @include(if: $no) tree @skip(if: true) { height(unit: $unit) } }`
        const document = parse(text)
        // Fields that cannot be merged are no question for an executor.
        fc.pre(validate(schema, document).length === 0)
        const { expected, first, second } = await both(text, { yes: flag, no: !flag })
        expect(first).toEqual(expected)
        expect(second).toEqual(expected)
      }),
      { numRuns: 80 },
    )
  })

  test.each([
    ['a null where none may be', '{ tree { leaf { id } nothingRequired } requiredTree { id } }'],
    ['that bubbles up to the root', '{ requiredTree { nothingRequired } }'],
    ['one that comes later', '{ tree { later failsLaterRequired trees { failsLaterRequired } } }'],
    ['items of a list', '{ tree { brokenItems brokenLater grid someLeaves { id } laterItems } }'],
    ['what is of no type', '{ tree { lost { id } badColor badList returnsError things { __typename } } }'],
    [
      'fragments on fragments',
      '{ ...A } fragment A on Query { ...B tree { id } } fragment B on Query { tree { kind } ...C } fragment C on Query { tree { ...D } } fragment D on Node { id }',
    ],
    ['an alias that every object has', '{ __proto__: tree { constructor: id __proto__: kind } }'],
    [
      'introspection',
      '{ __schema { queryType { name } } __type(name: "Leaf") { fields { name type { kind } } } __typename }',
    ],
  ])('answers %s as graphql-js does', async (_what, text) => {
    const { expected, first, second } = await both(text)
    expect(first).toEqual(expected)
    expect(second).toEqual(expected)
  })

  test('chooses its fields by the variables of each run', async () => {
    const text = 'query($deep: Boolean!) { tree { id leaf @include(if: $deep) { id } } }'
    const plan = QueryPlan.of(schema, parse(text), undefined)
    const run = async (deep: boolean) => JSON.stringify((await plan?.run(context, { deep }))?.data)
    expect(await run(false)).toBe('{"tree":{"id":"tree"}}')
    expect(await run(true)).toBe('{"tree":{"id":"tree","leaf":{"id":"leaf1"}}}')
    expect(await run(false)).toBe('{"tree":{"id":"tree"}}')
  })

  test('is not made of a mutation or a subscription', () => {
    const own = buildSchema('type Query { a: Int } type Mutation { a: Int } type Subscription { a: Int }')
    for (const kind of ['mutation', 'subscription'])
      expect(QueryPlan.of(own, parse(`${kind} { a }`), undefined)).toBeUndefined()
    expect(QueryPlan.of(own, parse('query A { a } mutation B { a }'), 'B')).toBeUndefined()
    expect(QueryPlan.of(own, parse('query A { a } mutation B { a }'), 'A')).toBeDefined()
  })

  test('leaves no failure unheard of what is no part of the answer any more', async () => {
    const unheard: unknown[] = []
    const note = (reason: unknown) => unheard.push(reason)
    process.on('unhandledRejection', note)
    await both('{ tree { failsLaterRequired nothingRequired } }')
    await both('{ tree { trees { failsLaterRequired nothingRequired } } }')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unheard).toEqual([])
  })
})
