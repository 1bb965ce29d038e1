import type { ObjectRef } from '@pothos/core'
import { builder } from '../builder.ts'
import { turnOf } from '../context.ts'
import { inPieces } from '../operations/pieces.ts'
import { DEFAULT_PAGE, MAX_PAGE, type Page, type PageArguments } from '../read/paging.ts'
import { PageInfo } from './page-info.ts'

export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

export interface Edge<Row> {
  readonly node: Row
  readonly cursor: string
}

/** Its cursor is a checksum, computed when it is asked for. */
class PageEdge<Row> implements Edge<Row> {
  constructor(
    private readonly page: Page<Row>,
    readonly node: Row,
  ) {}

  get cursor(): string {
    return this.page.cursorOf(this.node)
  }
}

/** The edge and connection types of `node`: `<name>Edge`, `<name>Connection`. */
export function connectionOf<Row extends object, Shape extends Page<Row> = Page<Row>>(
  name: string,
  node: ObjectRef<Types, Row>,
) {
  const row: ObjectRef<Types, object> = node
  const edge = builder.objectRef<Edge<Row>>(`${name}Edge`)
  edge.implement({
    description: `A row of a list of type ${name}, with its cursor.`,
    fields: (t) => ({
      node: t.field({ type: row, description: 'The row.', resolve: (at) => at.node }),
      cursor: t.exposeString('cursor', {
        description: 'Pass it as `after` or `before` to continue from here.',
      }),
    }),
  })
  const edges: ObjectRef<Types, object> = edge
  const connection = builder.objectRef<Shape>(`${name}Connection`)
  connection.implement({
    description: `A page of a list of type ${name}, as Relay's cursor specification defines it.`,
    fields: (t) => ({
      edges: t.field({
        type: [edges],
        description: 'The rows with their cursors.',
        // The connection's own argument already multiplies by its rows.
        complexity: { field: 0, multiplier: 1 },
        resolve: (page, _args, context): readonly (object | Promise<object>)[] =>
          inPieces(
            page.rows.map((node) => new PageEdge(page, node)),
            turnOf(context),
          ),
      }),
      nodes: t.field({
        type: [row],
        description: 'The rows without cursors.',
        complexity: { field: 0, multiplier: 1 },
        resolve: (page, _args, context): readonly (object | Promise<object>)[] =>
          inPieces(page.rows, turnOf(context)),
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'The position of this page in the list.',
        complexity: { field: 0, multiplier: 0 },
        resolve: (page) => page.pageInfo,
      }),
      totalCount: t.int({
        description: 'How many rows the whole list has under the same filter. Counted only when requested.',
        // A statement, counted once for each row of the page.
        complexity: 1,
        resolve: (page) => page.totalCount(),
      }),
    }),
  })
  return { edge, connection }
}

/** Cost of a statement, in fields. */
export const STATEMENT = 100

/** Cost of a page: its statement, and one row's fields times the rows requested. */
export const pageCost = (args: PageArguments) => ({
  field: STATEMENT,
  multiplier: Math.max(1, Math.min(MAX_PAGE, args.first ?? args.last ?? DEFAULT_PAGE)),
})

type Arguments = PothosSchemaTypes.FieldBuilder<Types, object>['arg']

/** Arguments of every list: `first` and `after`, or `last` and `before`. */
export const pageArgs = ({ arg }: { arg: Arguments }) => ({
  first: arg.int({
    description: `Rows from the start of the list: 0 to ${MAX_PAGE}, by default ${DEFAULT_PAGE}.`,
  }),
  after: arg.string({ description: 'Only what follows this cursor.' }),
  last: arg.int({ description: `Rows from the end of the list: 0 to ${MAX_PAGE}. Not together with first.` }),
  before: arg.string({ description: 'Only what precedes this cursor.' }),
})
