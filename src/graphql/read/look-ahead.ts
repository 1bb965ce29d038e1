import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { ANOMALIES, columnsOf, EVENTS, type Table } from '../../storage/reading.ts'

/**
 * For the options of a field that does not expose a column: those that its resolver reads of the row. A field without
 * them makes every column be read.
 */
export const reads = <Of>(...columns: readonly (keyof Of & string)[]) => ({ extensions: { columns } })

/** The columns that the selected fields of a type read. */
type LookAhead<Column> = (info: GraphQLResolveInfo) => readonly Column[]

/**
 * What is selected of `typename` below a field decides what is read: a page shows some ten of an anomaly's columns, and
 * the large ones (subjects, evidence, series) cost more than all others together. Fields that @skip or @include leave
 * out are counted as selected, so the answer is the same for every execution of a document, and kept with it.
 */
function lookAhead<Of>(typename: string, table: Table<Of>): LookAhead<keyof Of & string> {
  type Column = keyof Of & string
  const all = columnsOf(table)
  const known = new WeakMap<FieldNode, readonly Column[]>()

  const columnsRead = (field: GraphQLField<unknown, unknown> | undefined): readonly Column[] => {
    if (!field) return []
    const { columns, pothosExposedField: exposed } = field.extensions
    const named: readonly unknown[] = Array.isArray(columns) ? columns : [exposed]
    const read = all.filter((column) => named.includes(column))
    return read.length === named.length ? read : all
  }

  const collect = ({ fieldNodes, returnType, fragments, schema }: GraphQLResolveInfo): readonly Column[] => {
    const found = new Set<Column>()
    // What is selected of an interface is selected of the rows that have it.
    const concrete = (type: GraphQLNamedType): GraphQLNamedType =>
      isAbstractType(type) ? (schema.getType(typename) ?? type) : type
    const visit = (selected: SelectionSetNode | undefined, type: GraphQLNamedType): void => {
      for (const selection of selected?.selections ?? []) {
        if (selection.kind === Kind.FIELD) {
          const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined
          if (type.name === typename) for (const column of columnsRead(field)) found.add(column)
          else if (field) visit(selection.selectionSet, concrete(getNamedType(field.type)))
          continue
        }
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
        const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
        visit(fragment?.selectionSet, condition ? concrete(condition) : type)
      }
    }
    for (const { selectionSet } of fieldNodes) visit(selectionSet, concrete(getNamedType(returnType)))
    return all.filter((column) => found.has(column))
  }

  return (info) => {
    const [node, ...others] = info.fieldNodes
    // Which of several fields were merged may depend on the variables.
    if (!node || others.length > 0) return collect(info)
    const before = known.get(node)
    if (before) return before
    const columns = collect(info)
    known.set(node, columns)
    return columns
  }
}

export const anomalyColumns = lookAhead('Anomaly', ANOMALIES)

export const eventColumns = lookAhead('StripeEvent', EVENTS)
