import { badInput } from '../../errors.ts'

/** As Relay's cursor specification defines them. */
export interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

export const DEFAULT_PAGE = 50
export const MAX_PAGE = 200

/** A range of a list between two keys: `take` rows of it from the start or, `backward`, from the end. */
export interface Range<Key> {
  after: Key | undefined
  before: Key | undefined
  backward: boolean
  take: number
}

/** A list in one fixed total order; `Key` is the sort key of a row. */
export interface Source<Row, Key> {
  /** Rows of the range, nearest to the end it starts from first (so reversed when `backward`). */
  read(range: Range<Key>): Promise<Row[]>
  count(): Promise<number>
  keyOf(row: Row): Key
  encode(key: Key): string
  /** @throws PublicError CURSOR_UNKNOWN */
  decode(cursor: string): Key
}

/** One page of a list. What costs another statement, or a checksum for each row, is a function, called only when requested. */
export interface Page<Row> {
  rows: readonly Row[]
  cursorOf(row: Row): string
  pageInfo: PageInfoShape
  totalCount(): Promise<number>
}

export interface PageInfoShape {
  hasNextPage(): Promise<boolean> | boolean
  hasPreviousPage(): Promise<boolean> | boolean
  startCursor(): string | null
  endCursor(): string | null
}

/** The number of rows requested. @throws PublicError BAD_USER_INPUT when it is out of range */
export function sizeOf(name: 'first' | 'last', value: number): number {
  if (value >= 0 && value <= MAX_PAGE) return value
  throw badInput([name], `${name} must be from 0 to ${MAX_PAGE}.`, 'OUT_OF_RANGE')
}

/**
 * Reads the page that the arguments ask for; `first` counts from the start, `last` from the end.
 * @throws PublicError BAD_USER_INPUT for sizes out of range or both at once, CURSOR_UNKNOWN
 */
export async function readPage<Row, Key>(args: PageArguments, source: Source<Row, Key>): Promise<Page<Row>> {
  const { first, last } = args
  if (typeof first === 'number' && typeof last === 'number') {
    throw badInput(['last'], 'first and last cannot be given together.')
  }
  const backward = typeof last === 'number'
  const take = backward ? sizeOf('last', last) : sizeOf('first', first ?? DEFAULT_PAGE)
  const after = typeof args.after === 'string' ? source.decode(args.after) : undefined
  const before = typeof args.before === 'string' ? source.decode(args.before) : undefined

  // One row more than requested shows whether there is a next page.
  const found = await source.read({ after, before, backward, take: take + 1 })
  const more = found.length > take
  const rows = found.slice(0, take)
  if (backward) rows.reverse()
  const cursorOf = (row: Row): string => source.encode(source.keyOf(row))

  let counted: Promise<number> | undefined
  const firstRow = rows[0]
  const lastRow = rows.at(-1)
  const any = async (range: Pick<Range<Key>, 'after' | 'before' | 'backward'>) =>
    (await source.read({ ...range, take: 1 })).length > 0
  // An empty page has no row to look beyond: what lies on the other side of its cursor is the cursor's own row.
  const beyond = () =>
    lastRow ? any({ after: source.keyOf(lastRow), before: undefined, backward: false }) : before !== undefined
  const ahead = () =>
    firstRow ? any({ after: undefined, before: source.keyOf(firstRow), backward: true }) : after !== undefined
  return {
    rows,
    cursorOf,
    pageInfo: {
      hasNextPage: () => (backward ? beyond() : more),
      hasPreviousPage: () => (backward ? more : ahead()),
      startCursor: () => (firstRow ? cursorOf(firstRow) : null),
      endCursor: () => (lastRow ? cursorOf(lastRow) : null),
    },
    totalCount: () => {
      counted ??= source.count()
      return counted
    },
  }
}
